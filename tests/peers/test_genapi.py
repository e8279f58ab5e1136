"""The reference GenApi on the twin's own description, read and written over GVCP as a host does.

The description comes from the running twin (zipped); every access of the node map goes through READMEM and
WRITEMEM. GenApi refuses a description with dangling references, unknown elements or cycles at once, but wrong
formulas and registers only show when a node is evaluated: so every node is.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator

import pytest
from genicam.genapi import (
    AbstractPort,
    EAccessMode,
    EInterfaceType,
    EventAdapterGEV,
    GenericException,
    NodeMap,
)

from peers.gvcp import CCP, CONTROL, Gvcp
from peers.netns import ADDRESS, Namespace, sabotaged, twin

READABLE = (EAccessMode.RO, EAccessMode.RW)
NUMBERS = (EInterfaceType.intfIInteger, EInterfaceType.intfIFloat)
VALUES = (*NUMBERS, EInterfaceType.intfIBoolean, EInterfaceType.intfIEnumeration, EInterfaceType.intfIString)
CHAPTERS = (
    "DeviceControl",
    "ImageFormatControl",
    "AcquisitionControl",
    "AnalogControl",
    "DigitalIOControl",
    "CounterAndTimerControl",
    "EventControl",
    "ActionControl",
    "SequencerControl",
    "TransportLayerControl",
)


class Port(AbstractPort):
    """The port "Device" of the description: the camera's register space over GVCP, in words of four bytes."""

    def __init__(self, gvcp: Gvcp) -> None:
        super().__init__()
        self.gvcp = gvcp

    def get_access_mode(self):
        return EAccessMode.RW

    # The stubs name the second argument otherwise; it is called by position, with a length and with bytes.
    def read(self, address: int, length: int) -> bytes:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.gvcp.read(address, -(-length // 4) * 4)[:length]

    def write(self, address: int, data: bytes) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        self.gvcp.write(address, bytes(data))


@contextlib.contextmanager
def nodes_of(net: Namespace) -> Iterator[NodeMap]:
    """Return a node map that controls the twin, disconnected while its port lives.

    The wheel aborts otherwise.
    """
    with net.socket() as sock:
        gvcp = Gvcp(sock, ADDRESS)
        gvcp.write_register(CCP, CONTROL)
        nodes = NodeMap()
        nodes.load_xml_from_string(gvcp.xml())
        port = Port(gvcp)
        nodes.connect(port, "Device")
        try:
            yield nodes
        finally:
            nodes.disconnect()
            gvcp.write_register(CCP, 0)


def access(node) -> str:
    return next(
        mode
        for mode in ("NI", "NA", "WO", "RO", "RW")
        if getattr(EAccessMode, mode) == node.get_access_mode()
    )


def refuses(nodes: NodeMap, name: str, value: object) -> bool:
    try:
        nodes.get_node(name).value = value
    except GenericException:
        return True
    return False


def every_node(nodes: NodeMap, chapters: tuple[str, ...]) -> None:
    """Each node of each category has a value inside its own limits, and a word of explanation."""
    categories = {f.node.name for f in nodes.get_node("Root").features}
    assert categories >= set(chapters)
    seen = 0
    for name in nodes.nodes:
        node = nodes.get_node(getattr(name, "node", name).name)
        if node.node.principal_interface_type not in VALUES or node.get_access_mode() not in READABLE:
            continue
        value = node.value
        seen += 1
        if node.node.principal_interface_type in NUMBERS:
            assert node.min <= value <= node.max, node.node.name
            if node.node.principal_interface_type == EInterfaceType.intfIInteger and node.inc:
                assert (value - node.min) % node.inc == 0, node.node.name
        if node.node.principal_interface_type == EInterfaceType.intfIEnumeration:
            assert value in node.symbolics, node.node.name
    assert seen > 100


def check_every_node(net: Namespace) -> None:
    with nodes_of(net) as nodes:
        every_node(nodes, CHAPTERS)


def check_sheet_limits(net: Namespace) -> None:
    """Compare GenApi's limits with the data sheet.

    They follow their inputs, and values beyond are refused.
    """
    with nodes_of(net) as nodes:
        feature = nodes.get_node
        assert [(n.value, n.min, n.max, n.inc) for n in (feature("Width"), feature("Height"))] == [
            (4096, 16, 4096, 16),
            (3000, 1, 3000, 1),
        ]
        exposure, gain = feature("ExposureTime"), feature("Gain")
        assert (exposure.value, exposure.min, exposure.max, exposure.unit) == (4000.0, 15.0, 60e6, "us")
        assert (gain.value, gain.min, gain.max, gain.unit) == (0.0, 0.0, 48.0, "dB")
        assert sorted(feature("PixelFormat").symbolics) == ["Mono10", "Mono12", "Mono12p", "Mono8"]
        for name, value in (
            ("Width", 4112),
            ("Width", 1000),
            ("Height", 0),
            ("ExposureTime", 14.0),
            ("Gain", 48.5),
            ("PixelFormat", "BayerRG8"),
        ):
            before = feature(name).value
            assert refuses(nodes, name, value), f"{name} = {value} was taken"
            assert feature(name).value == before
        feature("Width").value = 1024
        assert feature("OffsetX").max == 4096 - 1024
        feature("OffsetX").value = 2048
        assert feature("Width").max == 2048
        feature("PixelFormat").value = "Mono12p"
        assert feature("PayloadSize").value == 1024 * 3000 * 12 // 8


def check_locks(net: Namespace) -> None:
    """Check that features locked by the transport layer are read-only, and writable again afterwards."""
    with nodes_of(net) as nodes:
        locked = ("Width", "Height", "PixelFormat")
        nodes.get_node("TLParamsLocked").value = 1
        assert [access(nodes.get_node(name)) for name in locked] == ["RO"] * 3
        assert access(nodes.get_node("ExposureTime")) == "RW"
        nodes.get_node("TLParamsLocked").value = 0
        assert [access(nodes.get_node(name)) for name in locked] == ["RW"] * 3


def check_same_as_the_registers(net: Namespace) -> None:
    """Compare GenApi's writes with the standard's registers: SCPS (low half), user name, SCPD."""
    with nodes_of(net) as nodes, net.socket() as sock:
        onlooker = Gvcp(sock, ADDRESS)
        nodes.get_node("GevSCPSPacketSize").value = 1480
        assert onlooker.read_register(0x0D04) & 0xFFFF == 1480
        for name in ("front left", "für Band 7", "bytes to the end"):
            nodes.get_node("DeviceUserID").value = name
            assert onlooker.read(0x00E8, 16).rstrip(b"\0") == name.encode()
        nodes.get_node("GevSCPD").value = 4000
        assert struct.unpack(">I", onlooker.read(0x0D08, 4))[0] == 4000


def check_selectors(net: Namespace) -> None:
    """Each entry of a selector has values, limits and access of its own; a set and a path of it, too."""
    with nodes_of(net) as nodes:
        feature = nodes.get_node
        lines = []
        for line in ("Line0", "Line1", "Line2", "Line3"):
            feature("LineSelector").value = line
            modes = access(feature("LineMode")), access(feature("LineSource"))
            lines.append((feature("LineMode").value, feature("LineFormat").value, *modes))
        assert lines == [
            ("Input", "OptoCoupled", "RO", "NA"),
            ("Input", "TTL", "RW", "NA"),
            ("Input", "TTL", "RW", "NA"),
            ("Output", "OptoCoupled", "RO", "RW"),
        ]
        feature("LineSelector").value = "Line1"
        high = feature("LineDebouncerHighTimeAbs")
        assert (high.min, high.max, high.unit, access(high)) == (0, 5000, "us", "RW")
        feature("LineMode").value = "Output"
        assert (access(high), access(feature("LineSource"))) == ("NA", "RW")
        for number, output in enumerate(("UserOutput1", "UserOutput2", "UserOutput3")):
            feature("UserOutputSelector").value = output
            feature("UserOutputValue").value = True
            assert feature("UserOutputValueAll").value == (2 << number) - 1
        feature("SequencerConfigurationMode").value = "On"
        ways = [(0, 0, 1), (5, 2, 77), (127, 3, 127)]
        for number, path, following in ways:
            feature("SequencerSetSelector").value = number
            feature("SequencerPathSelector").value = path
            feature("SequencerSetNext").value = following
            feature("SequencerTriggerSource").value = "Timer1End"
        read = []
        for number, path, _ in [*ways, (5, 3, 0)]:
            feature("SequencerSetSelector").value = number
            feature("SequencerPathSelector").value = path
            read.append((feature("SequencerSetNext").value, feature("SequencerTriggerSource").value))
        assert read == [(1, "Timer1End"), (77, "Timer1End"), (127, "Timer1End"), (0, "Off")]
        assert len(feature("EventSelector").symbolics) == 21
        exposure, width = feature("ExposureTime"), feature("Width")

        def shown() -> tuple[float, int, int, int]:
            return exposure.value, width.value, feature("OffsetX").max, feature("PayloadSize").value

        exposure.value, width.value = 777.0, 1024
        feature("SequencerSetSave").execute()
        feature("SequencerSetStart").value = feature("SequencerSetSelector").value
        exposure.value, width.value = 500.0, 4096
        assert shown() == (500, 4096, 0, 4096 * 3000)
        feature("SequencerSetLoad").execute()
        assert shown() == (777, 1024, 3072, 1024 * 3000)
        exposure.value, width.value = 500.0, 4096
        assert shown() == (500, 4096, 0, 4096 * 3000)
        feature("SequencerConfigurationMode").value = "Off"
        feature("SequencerMode").value = "On"
        assert shown() == (777, 1024, 3072, 1024 * 3000)
        assert [access(feature(n)) for n in ("ExposureTime", "Width", "SequencerSetNext")] == ["RO"] * 3


def check_events(net: Namespace) -> None:
    """Check that the event's own nodes show a message's contents, for both forms of block ids.

    These are GigE Vision's numbers of events, the camera's clock, the frame's number.
    """
    with nodes_of(net) as nodes, net.socket() as listener:
        feature = nodes.get_node
        listener.bind((ADDRESS, 0))
        listener.settimeout(5)
        feature("GevMCDA").value = 0x7F00_0001
        feature("GevMCTT").value, feature("GevMCRC").value = 1000, 1
        feature("GevMCPHostPort").value = listener.getsockname()[1]
        feature("TriggerMode").value, feature("TriggerSource").value = "On", "Software"
        feature("ExposureTime").value = 1234.0
        wanted = ("ExposureStart", "ExposureEnd", "TriggerReady")
        for name in wanted:
            feature("EventSelector").value = name
            feature("EventNotification").value = "On"
            assert access(feature(f"Event{name}Timestamp")) == "NI", "no message has come"
        adapter = EventAdapterGEV(nodes.pointer)
        try:
            feature("AcquisitionStart").execute()
            for number, form in enumerate(("Off", "On"), 1):
                feature("GevGVSPExtendedIDMode").value = form
                feature("TriggerSoftware").execute()
                heard: list[bytes] = []
                while not {3, 4} <= {message[11] for message in heard} or heard[-1][11] in (3, 4):
                    try:
                        message, sender = listener.recvfrom(600)
                    except TimeoutError:
                        raise AssertionError(f"only {[m[10:12].hex() for m in heard]} came") from None
                    assert sender == (ADDRESS, feature("GevMCSP").value)
                    listener.sendto(bytes(2) + struct.pack(">HH", message[3] + 1, 0) + message[6:8], sender)
                    adapter.deliver_message(message)
                    heard.append(message)
                told = {name: feature(f"Event{name}Timestamp").value for name in wanted}
                assert [feature(f"Event{name}").value for name in wanted[:2]] == [3, 4]
                assert feature("EventTriggerReady").value >= 0x9000
                assert [feature(f"Event{name}FrameID").value for name in wanted[:2]] == [number] * 2
                assert abs(told["ExposureEnd"] - told["ExposureStart"] - 1_234_000) <= 8
                feature("TimestampLatch").execute()
                assert 0 < feature("TimestampLatchValue").value - told["TriggerReady"] < 30e9
        finally:
            adapter.detach_node_map()


HONEST = {
    "events": check_events,
    "selectors": check_selectors,
    "every-node": check_every_node,
    "limits": check_sheet_limits,
    "locks": check_locks,
    "registers": check_same_as_the_registers,
}


@pytest.mark.parametrize("name", HONEST)
def test_genapi(name):
    with twin() as net:
        HONEST[name](net)


@pytest.mark.parametrize(
    ("sabotage", "name"),
    [
        ("xml-dangling", "every-node"),
        ("xml-little-endian", "every-node"),
        ("xml-wider", "limits"),
        ("locks-ignored", "locks"),
        ("locks-ignored", "selectors"),
        ("xml-unindexed", "selectors"),
        ("xml-all-cached", "selectors"),
        ("writes-lost", "registers"),
        ("events-misnumbered", "events"),
        ("events-little-endian", "events"),
        ("events-unshifted", "events"),
    ],
)
def test_turns_red(sabotage, name):
    with twin(command=sabotaged(sabotage)) as net, pytest.raises((AssertionError, GenericException)):
        HONEST[name](net)
