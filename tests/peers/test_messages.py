"""viva-genicam hears the camera's events, and fires actions while Aravis streams; Wireshark reads them.

What they report is compared with what was set and with GigE Vision's own numbers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from peers.gvcp import PORT
from peers.netns import ADDRESS, CAMTWIN, EVERYBODY, Namespace, RunningTwin, sabotaged, twin
from peers.session import Session
from peers.test_wireshark import fields

EXPOSURE_us = 1234
STARTS, ENDS, OWN = 3, 4, 0x9000  # GigE Vision's identifiers of events; from OWN on a device's own
MCTT, MCRC, GVSP_CONFIGURATION, BLOCK_ID_64 = 0xB14, 0xB18, 0x960, 1 << 30
KEYS = {"ActionDeviceKey": 0x1111_1111, "ActionGroupKey": 0x2222_2222, "ActionGroupMask": 0x30}
SMALL = (("Width", 64), ("Height", 48))


def check_events(net: Namespace) -> None:
    """Check each event once, as it is acknowledged, against the description's nodes.

    An exposure lasts as set, within 1 us.
    """
    with Session(net, "viva") as host:
        for name, value in (
            ("TriggerMode", "On"),
            ("TriggerSource", "Software"),
            ("ExposureTime", EXPOSURE_us),
        ):
            assert host("set", name, str(value)) is None
        assert host("events", "TriggerReady", "ExposureStart", "ExposureEnd") is None
        host("register", MCTT, 100)
        host("register", MCRC, 3)
        host("execute", "AcquisitionStart")
        assert host("event")["id"] >= OWN  # TriggerReady
        for number in (1, 2, 3):
            host("execute", "TriggerSoftware")
            told = [host("event"), host("event")]
            for name, event, said in zip(("ExposureStart", "ExposureEnd"), (STARTS, ENDS), told, strict=True):
                assert said, f"no {name}"
                assert (said["id"], said["data"]) == (event, f"{number:016x}")
                assert said[f"Event{name}"] == event
                assert said[f"Event{name}Timestamp"] == said["timestamp"]
                assert said[f"Event{name}FrameID"] == number
            assert abs(told[1]["timestamp"] - told[0]["timestamp"] - 1000 * EXPOSURE_us) < 1000
            ready = host("event")
            assert ready["id"] >= OWN
            assert ready["timestamp"] == ready["EventTriggerReadyTimestamp"] > told[1]["timestamp"]
        assert host("event") is None


def check_actions(net: Namespace) -> None:
    """One frame for each that has both keys and a bit of the mask; none for the others."""
    device, group, mask = KEYS.values()
    with Session(net) as host:
        for name, value in (*SMALL, *KEYS.items(), ("TriggerMode", "On"), ("TriggerSource", "Action1")):
            assert host("set", name, value) is True, name
        host("stream")
        assert host("frame", 0.5) is None
        for keys in ((device + 1, group, mask), (device, group + 1, mask), (device, group, 0x0F)):
            assert net.action(*keys) == 0
        assert host("frame", 0.5) is None
        for keys, to in (
            ((device, group, mask), ADDRESS),
            ((device, group, 0x1F), ADDRESS),
            ((device, group, mask), EVERYBODY),
        ):
            assert net.action(*keys, to=to) == 1
            assert host("frame") == "success"
            assert host("frame", 0.5) is None


def check_dissected(running: RunningTwin, net: Namespace, file: Path) -> None:
    """Wireshark reads the twin's own capture of events, in both forms of block ids, and of an action."""
    with Session(net, "viva") as host:
        for name, value in (*KEYS.items(), ("TriggerMode", "On"), ("TriggerSource", "Action1")):
            assert host("set", name, str(value)) is None
        assert host("events", "TriggerReady", "ExposureStart", "ExposureEnd") is None
        host("register", MCTT, 100)
        host("execute", "AcquisitionStart")
        heard = [host("event")]
        for form in (0, BLOCK_ID_64):
            host("register", GVSP_CONFIGURATION, form)
            assert net.action(*KEYS.values()) == 1
            heard += [host("event") for _ in range(3)]
    running.__exit__()
    assert all(heard)
    ends = fields(net, file, "udp.srcport", "udp.dstport")
    own = {port for pair in ends if str(PORT) not in pair for port in pair}
    assert len(own) == 2, "one port that messages come from, one that they go to"
    decode = tuple(text for port in sorted(own) for text in ("-d", f"udp.port=={port},gvcp"))
    event = ("id", "devicespecificid", "streamchannelindex", "timestamp", "blockid")
    names = ["gvcp.cmd.command", "gvcp.ack", "_ws.malformed", "_ws.expert.message"]
    names += [f"gvcp.cmd.event.{name}" for name in event] + [
        "gvcp.event_timestamp",
        "gvcp.cmd.eventdata.data",
    ]
    names += [f"gvcp.cmd.action.{name}" for name in ("devicekey", "groupkey", "groupmask")]
    rows = fields(net, file, *names, options=decode)
    assert not any(row[2] or row[3] for row in rows), "malformed, or with an expert's remark"
    commands = [row for row in rows if row[0] in ("0x00c0", "0x00c2")]
    told = [(int(row[4] or row[5], 0), int(row[7], 0)) for row in commands]
    assert told == [(said["id"], said["timestamp"]) for said in heard]
    assert [said["id"] for said in heard[1:]] == [STARTS, ENDS, heard[0]["id"]] * 2
    lasted = [told[end][1] - told[end - 1][1] for end in (2, 5)]
    assert all(abs(ns - 4_000_000) < 1000 for ns in lasted), "the factory's exposure time"
    assert [row[6] for row in commands[:4]] == [
        "0xffff",
        "0x0000",
        "0x0000",
        "0xffff",
    ]  # of the stream, or not
    blocks = [0, 1, 1, 0, 2, 2, 0]  # of the frames' images; 0 where an event concerns none
    assert [row[8] for row in commands] == [f"{block:#06x}" for block in blocks[:4]] + [""] * 3
    assert [row[9] for row in commands] == [""] * 4 + [f"{block:#018x}" for block in blocks[4:]]
    assert [row[10] for row in commands[:4]] == ["", f"{1:016x}", f"{1:016x}", ""]
    acks = [row[1] for row in rows if row[1] in ("0x00c1", "0x00c3")]
    assert acks == [f"{int(row[0], 0) + 1:#06x}" for row in commands]
    actions = [row[11:] for row in rows if row[0] == "0x0100"]
    assert actions == [[f"{key:#010x}" for key in KEYS.values()]] * 2


@contextlib.contextmanager
def captured(tmp: Path, command=CAMTWIN) -> Iterator[tuple[RunningTwin, Namespace, Path]]:
    file = tmp / "twin.pcap"
    with Namespace() as net, RunningTwin(net, command, "--pcap", str(file)) as running:
        yield running, net, file
        assert not running.traceback


def test_wireshark(tmp_path):
    with captured(tmp_path) as twin:
        check_dissected(*twin)


@pytest.mark.parametrize(
    "sabotage", ["events-untagged", "events-little-endian", "events-misnumbered", "events-of-the-next-block"]
)
def test_wireshark_turns_red(sabotage, tmp_path):
    with captured(tmp_path, sabotaged(sabotage)) as twin, pytest.raises(AssertionError):
        check_dissected(*twin)


HONEST = {"events": check_events, "actions": check_actions}


@pytest.mark.parametrize("name", HONEST)
def test_viva(name):
    with twin() as net:
        HONEST[name](net)


@pytest.mark.parametrize(
    ("sabotage", "name"),
    [
        ("events-late", "events"),
        ("events-misnumbered", "events"),
        ("events-little-endian", "events"),
        ("events-unacknowledged", "events"),
        ("actions-for-all", "actions"),
        ("actions-unheard", "actions"),
    ],
)
def test_turns_red(sabotage, name):
    with twin(command=sabotaged(sabotage)) as net, pytest.raises(AssertionError):
        HONEST[name](net)
