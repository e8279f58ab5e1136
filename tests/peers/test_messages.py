"""viva-genicam hears the camera's events, and fires actions while Aravis streams.

What it reports is compared with what was set and with GigE Vision's own numbers.
"""

from __future__ import annotations

import pytest

from peers.netns import ADDRESS, Namespace, sabotaged, twin
from peers.session import Session

EXPOSURE_us = 1234
STARTS, ENDS, OWN = 3, 4, 0x9000  # GigE Vision's identifiers of events; from OWN on a device's own
MCTT, MCRC = 0xB14, 0xB18
KEYS = {"ActionDeviceKey": 0x1111_1111, "ActionGroupKey": 0x2222_2222, "ActionGroupMask": 0x30}
SMALL = (("Width", 64), ("Height", 48))
EVERYBODY = "255.255.255.255"


def check_events(net: Namespace) -> None:
    """Each once, as it is acknowledged; an exposure lasts as set, within 1 us; what the description says of
    the messages is what they say."""
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


def action(net: Namespace, *keys: int, to: str = ADDRESS) -> int:
    """How many cameras take it."""
    words = zip(("--device-key", "--group-key", "--group-mask"), map(str, keys), strict=True)
    asked = [text for pair in words for text in pair]
    return net.viva_json("action", "--destination", to, *asked)["acknowledged"]


def check_actions(net: Namespace) -> None:
    """One frame for each that has both keys and a bit of the mask; none for the others."""
    net.run("ip", "route", "add", EVERYBODY, "dev", "lo")
    device, group, mask = KEYS.values()
    with Session(net) as host:
        for name, value in (*SMALL, *KEYS.items(), ("TriggerMode", "On"), ("TriggerSource", "Action1")):
            assert host("set", name, value) is True, name
        host("stream")
        assert host("frame", 0.5) is None
        for keys in ((device + 1, group, mask), (device, group + 1, mask), (device, group, 0x0F)):
            assert action(net, *keys) == 0
        assert host("frame", 0.5) is None
        for keys, to in (
            ((device, group, mask), ADDRESS),
            ((device, group, 0x1F), ADDRESS),
            ((device, group, mask), EVERYBODY),
        ):
            assert action(net, *keys, to=to) == 1
            assert host("frame") == "success"
            assert host("frame", 0.5) is None


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
