"""The reference GenApi on a USB3 Vision twin: its own description, read and written over USB/IP.

The host is typed from the protocol's facts; events and chunks go through GenApi's own adapters for this link.
"""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
from collections.abc import Iterator

import pytest
from genicam.genapi import (
    AbstractPort,
    ChunkAdapterU3V,
    EAccessMode,
    EventAdapterU3V,
    GenericException,
    NodeMap,
)

from peers.netns import sabotaged
from peers.test_genapi import access, every_node, refuses
from peers.usb import UsbTwin
from unit.links.usb3.usb_host import EVENT_IN, STREAM_IN, Host

CHAPTERS = (
    *("DeviceControl", "ImageFormatControl", "AcquisitionControl", "AnalogControl", "AutoFeatureControl"),
    *("LUTControl", "ChunkDataControl", "UserSetControl", "UserDefinedValueControl", "DigitalIOControl"),
    *("CounterAndTimerControl", "SoftwareSignalControl", "EventControl", "SequencerControl"),
)
MAX_READ = 1000  # bytes of a READMEM


class Port(AbstractPort):
    """The port "Device": the camera's register space by GenCP."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host

    def get_access_mode(self):
        return EAccessMode.RW

    # The stubs name the second argument otherwise; it is called by position, with a length and with bytes.
    def read(self, address: int, length: int) -> bytes:  # pyright: ignore[reportIncompatibleMethodOverride]
        return read(self.host, address, length)

    def write(self, address: int, data: bytes) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        if status := self.host.write(address, int.from_bytes(bytes(data), "little"), len(data)):
            raise RuntimeError(f"status {status:#x}")


def read(host: Host, address: int, length: int) -> bytes:
    at = range(address, address + length, MAX_READ)
    return b"".join(host.read(start, min(MAX_READ, address + length - start)) for start in at)


@contextlib.contextmanager
def nodes_of(twin: UsbTwin) -> Iterator[tuple[NodeMap, Host]]:
    """Return a node map of the twin, by its manifest.

    Disconnected while its port lives, or the wheel aborts.
    """
    with Host(twin.port) as host:
        entry = host.word(0x1D0, 8) + 8
        zipped = read(host, host.word(entry + 8, 8), host.word(entry + 16, 8))
        with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
            xml = archive.read(archive.namelist()[0]).decode()
        nodes, port = NodeMap(), Port(host)
        nodes.load_xml_from_string(xml)
        nodes.connect(port, "Device")
        try:
            yield nodes, host
        finally:
            nodes.disconnect()


def check_every_node(twin: UsbTwin) -> None:
    with nodes_of(twin) as (nodes, _):
        every_node(nodes, CHAPTERS)


def check_limits(twin: UsbTwin) -> None:
    with nodes_of(twin) as (nodes, _):
        feature = nodes.get_node
        assert [(n.value, n.min, n.max, n.inc) for n in (feature("Width"), feature("Height"))] == [
            (4096, 16, 4112, 16),
            (3000, 8, 3008, 8),
        ]
        target = feature("AutoTargetBrightness")
        assert (target.min, target.max) == (0.19608, 0.80392)
        for name, value in (
            ("Width", 4128),
            ("Height", 3001),
            ("ExposureTime", 27.0),
            ("TriggerSource", "Line2"),
            ("UserSetSelector", "UserSet0"),
            ("AutoTargetBrightness", 0.1),
        ):
            before = feature(name).value
            assert refuses(nodes, name, value), f"{name} = {value} was taken"
            assert feature(name).value == before
        feature("Width").value = 1024
        feature("CenterX").value = True
        assert (feature("OffsetX").value, access(feature("OffsetX"))) == (1536, "RO")
        feature("CenterX").value = False
        assert (feature("OffsetX").max, access(feature("OffsetX"))) == (4112 - 1024, "RW")


def check_selectors(twin: UsbTwin) -> None:
    """Each entry has values and access of its own, whatever it is called here."""
    with nodes_of(twin) as (nodes, _):
        feature, lines = nodes.get_node, []
        for line in ("Line1", "Line2", "Line3", "Line4"):
            feature("LineSelector").value = line
            modes = [access(feature(name)) for name in ("LineMode", "LineSource", "LineDebouncerTime")]
            lines.append((feature("LineMode").value, feature("LineFormat").value, *modes))
        assert lines == [
            ("Input", "OptoCoupled", "RO", "NA", "RW"),
            ("Output", "OptoCoupled", "RO", "RW", "NA"),
            ("Input", "TTL", "RW", "NA", "RW"),
            ("Input", "TTL", "RW", "NA", "RW"),
        ]
        for selector, delay in (("FrameStart", 12.0), ("FrameBurstStart", 34.0)):
            feature("TriggerSelector").value = selector
            feature("TriggerDelay").value = delay
        feature("TriggerSelector").value = "FrameStart"
        assert feature("TriggerDelay").value == 12.0
        feature("SequencerConfigurationMode").value = "On"
        for number, path, following in ((0, 0, 1), (5, 1, 7), (31, 1, 31)):
            feature("SequencerSetSelector").value = number
            feature("SequencerPathSelector").value = path
            feature("SequencerSetNext").value = following
        feature("SequencerSetSelector").value, feature("SequencerPathSelector").value = 5, 1
        assert feature("SequencerSetNext").value == 7
        feature("SequencerConfigurationMode").value = "Off"
        feature("Gain").value = 3.0
        feature("UserSetSelector").value = "HighGain"
        assert access(feature("UserSetSave")) == "NA"
        feature("UserSetLoad").execute()
        assert feature("Gain").value == 12.0
        feature("UserSetSelector").value = "Default"
        feature("UserSetLoad").execute()
        assert (feature("Gain").value, feature("TemperatureState").value) == (0.0, "Ok")


def check_events(twin: UsbTwin) -> None:
    """Check that the events' own nodes show the contents of the event endpoint's messages."""
    with nodes_of(twin) as (nodes, host):
        feature = nodes.get_node
        feature("TriggerMode").value, feature("TriggerSource").value = "On", "Software"
        feature("ExposureTime").value = 1234.0
        wanted = ("FrameStart", "ExposureEnd")
        for name in wanted:
            feature("EventSelector").value = name
            feature("EventNotification").value = "On"
            assert access(feature(f"Event{name}Timestamp")) == "NI", "no message has come"
        adapter = EventAdapterU3V(nodes.pointer)
        try:
            assert host.write(host.eirm, 1) == 0
            requests = [host.submit(EVENT_IN, 1024) for _ in wanted]
            feature("AcquisitionStart").execute()
            feature("TriggerSoftware").execute()
            for request in requests:
                adapter.deliver_message(host.answer(request)[1])
            told = {name: feature(f"Event{name}Timestamp").value for name in wanted}
            assert told["ExposureEnd"] - told["FrameStart"] == 1_234_000
            assert [feature(f"Event{name}FrameID").value for name in wanted] == [0, 0], "the first block's id"
            assert all(feature(f"Event{name}").value >= 0x9000 for name in wanted)
        finally:
            adapter.detach_node_map()


def check_chunks(twin: UsbTwin) -> None:
    with nodes_of(twin) as (nodes, host):
        feature = nodes.get_node
        feature("Width").value, feature("Height").value = 64, 16
        feature("ExposureTime").value, feature("Gain").value = 777.0, 3.5
        feature("ChunkModeActive").value = True
        for name in feature("ChunkSelector").symbolics:
            feature("ChunkSelector").value = name
            feature("ChunkEnable").value = True
        lengths = host.enable(4096)
        feature("AcquisitionStart").execute()
        leader, *payload, _trailer = [host.answer(host.submit(STREAM_IN, n))[1] for n in lengths]
        data = b"".join(payload)
        assert len(data) == feature("PayloadSize").value > 64 * 16
        adapter = ChunkAdapterU3V(nodes)
        assert adapter.check_buffer_layout(data, len(data))
        adapter.attach_buffer(data, len(data))
        try:
            assert (feature("ChunkExposureTime").value, feature("ChunkGain").value) == (777.0, 3.5)
            assert feature("ChunkTimestamp").value == struct.unpack_from("<Q", leader, 20)[0] > 0
            assert feature("ChunkSequencerSetActive").value == 0
        finally:
            adapter.detach_buffer()


HONEST = {
    "every-node": check_every_node,
    "limits": check_limits,
    "selectors": check_selectors,
    "events": check_events,
    "chunks": check_chunks,
}


@pytest.mark.parametrize("name", HONEST)
def test_genapi(name):
    with UsbTwin() as twin:
        HONEST[name](twin)


@pytest.mark.parametrize(
    ("sabotage", "name"),
    [
        ("xml-dangling", "every-node"),
        ("xml-big-endian", "every-node"),
        ("xml-wider", "limits"),
        ("locks-ignored", "limits"),
        ("xml-unindexed", "selectors"),
        ("words-declared", "limits"),
        ("usb-events-late", "events"),
        ("usb-chunks-big-endian", "chunks"),
    ],
)
def test_turns_red(sabotage, name):
    with UsbTwin(command=sabotaged(sabotage)) as twin, pytest.raises((AssertionError, GenericException)):
        HONEST[name](twin)
