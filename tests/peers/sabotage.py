"""A twin with one thing wrong: `sabotage.py NAME run MODEL ...` breaks that part, then runs the command line
(NAME+NAME breaks two).

The checks of this folder are run on these too, and have to fail there: a check that a broken twin passes
checks nothing. Each break is small, plausible (a byte order, a count, a check left out) and made before the
rest of the package is imported.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from typing import Any

BREAKS: dict[str, Callable[[], None]] = {}


def breaks(function: Callable[[], None]) -> Callable[[], None]:
    BREAKS[function.__name__.replace("_", "-")] = function
    return function


def replaced(package: Any, module: Any, name: str, wrapper: Callable[[Any], Any]) -> None:
    """Wrap module.name, and the same in the package that hands it on."""
    original = getattr(module, name)
    for place in (package, module):
        setattr(place, name, wrapper(original))


def edited(text: str, old: str, new: str) -> str:
    """The text with every `old` replaced; a break that finds nothing to break is an error of its own."""
    if old not in text:
        raise LookupError(f"nothing to sabotage: no {old!r}")
    return text.replace(old, new)


# --- pixels


def payload(change: Callable[[Any, Any], Any]) -> None:
    from camtwin import pixels
    from camtwin.pixels import packing

    replaced(pixels, packing, "pack", lambda pack: lambda dn, fmt: change(pack(dn, fmt), fmt))


@breaks
def pixels_big_endian() -> None:
    payload(lambda data, fmt: data.reshape(-1, 2)[:, ::-1].reshape(-1) if fmt.bits_per_pixel == 16 else data)


@breaks
def packing_msb_first() -> None:
    """Two pixels in three bytes the old GigE Vision way: high byte, both low nibbles, high byte."""

    def change(data: Any, fmt: Any) -> Any:
        if not fmt.packed:
            return data
        low, mixed, high = data.reshape(-1, 3).T
        data = data.copy().reshape(-1, 3)
        data[:, 0] = low >> 4 | (mixed & 0x0F) << 4
        data[:, 1] = low & 0x0F | mixed & 0xF0
        data[:, 2] = high
        return data.reshape(-1)

    payload(change)


@breaks
def payload_shifted() -> None:
    import numpy as np

    payload(lambda data, fmt: np.roll(data, 1))


@breaks
def noise_frozen() -> None:
    """Every frame gets the noise of the first."""
    from camtwin.twins.renderer import Renderer

    readout = Renderer._readout
    Renderer._readout = lambda self, exposure: dataclasses.replace(readout(self, exposure), frame=1)


@breaks
def noise_unseeded() -> None:
    """Noise that no seed makes again."""
    import os

    from camtwin.twins.renderer import Renderer

    readout = Renderer._readout
    seed = int.from_bytes(os.urandom(4), "big")
    Renderer._readout = lambda self, exposure: dataclasses.replace(readout(self, exposure), seed=seed)


@breaks
def log_unsteady() -> None:
    """What the camera says depends on this computer's clock."""
    import time

    from camtwin.camera import Camera

    emit = Camera.emit

    def unsteady(self: Camera, name: str, frame_id: int | None = None) -> None:
        emit(self, f"{name} at {time.monotonic_ns()}", frame_id)

    Camera.emit = unsteady


# --- features


def description(old: str, new: str) -> None:
    from camtwin import genicam
    from camtwin.genicam import xml

    replaced(genicam, xml, "description", lambda write: lambda tree: edited(write(tree), old, new))


@breaks
def xml_dangling() -> None:
    description("<pMax>Width_Max</pMax>", "<pMax>Width_Most</pMax>")


@breaks
def xml_little_endian() -> None:
    description("<Endianess>BigEndian</Endianess>", "<Endianess>LittleEndian</Endianess>")


@breaks
def xml_wider() -> None:
    """The description promises what the camera does not take."""
    description("<Min>16</Min>", "<Min>8</Min>")


@breaks
def xml_all_cached() -> None:
    """Hosts are allowed to keep what changes by itself."""
    description("<Cachable>NoCache</Cachable>", "<Cachable>WriteThrough</Cachable>")


@breaks
def xml_unindexed() -> None:
    """Every line has the registers of the first."""
    description('<pIndex Offset="4">LineSelector_Value</pIndex>', "")


@breaks
def gain_unsaved() -> None:
    """The description says that no stored configuration has the gain."""
    from camtwin.camera.features.analog_control import AnalogControl

    object.__setattr__(AnalogControl.features["Gain"], "saved", False)


@breaks
def sequencer_stuck() -> None:
    from camtwin.camera.sequencer import Sequencer

    Sequencer.hear = lambda self, moment: None


@breaks
def sets_misnumbered() -> None:
    """A frame says the set after its own."""
    from camtwin.camera import chunks

    chunks.VALUES["SequencerSetActive"] = lambda e: e.sequencer_set + 1  # pyright: ignore[reportIndexIssue]


@breaks
def triggers_doubled() -> None:
    """A software trigger that bounces."""
    from camtwin.camera import Camera

    def bouncing(self: Camera, selector: str) -> None:
        self.emit("Software")
        self.clock.at(self.clock.now + 200_000_000, self.emit, "Software")

    Camera.trigger_software = bouncing


@breaks
def pulses_early() -> None:
    """Pulses of a line come a thousandth sooner than they are planned."""
    from camtwin.camera.lines import Line

    pulse = Line.pulse
    Line.pulse = lambda self, width_ns, *, period_ns=0, **named: pulse(
        self, width_ns, period_ns=period_ns * 999 // 1000, **named
    )


@breaks
def limits_ignored() -> None:
    from camtwin.genicam.tree import Refused, Tree

    check = Tree._check

    def lenient(self: Tree, node: Any, shown: Any, at: Any) -> Any:
        try:
            return check(self, node, shown, at)
        except Refused:
            return shown

    Tree._check = lenient


@breaks
def writes_lost() -> None:
    """Acknowledged, and forgotten."""
    from camtwin.camera import Camera

    Camera.write = lambda self, address, data: None


@breaks
def locks_ignored() -> None:
    from camtwin.genicam.tree import Tree

    bind = Tree._bind_rules

    def unlocked(self: Tree, node: Any) -> None:
        bind(self, node)
        node.rules.pop("Locked", None)

    Tree._bind_rules = unlocked


@breaks
def events_unshifted() -> None:
    """The description knows one form of messages."""
    description("<Formula>WIDE * 8</Formula>", "<Formula>WIDE * 0</Formula>")


# --- messages and actions


def messages(change: Callable[[Any], Any]) -> None:
    from camtwin.links import camera_port, gige

    write = camera_port.message_of
    gige.message_of = lambda event: change(write(event))


@breaks
def events_misnumbered() -> None:
    messages(lambda message: dataclasses.replace(message, event_id=message.event_id + 1))


@breaks
def events_little_endian() -> None:
    """Timestamps the other way round."""
    messages(
        lambda message: dataclasses.replace(
            message, timestamp=int.from_bytes(message.timestamp.to_bytes(8, "little"), "big")
        )
    )


@breaks
def events_late() -> None:
    """Ends of exposures have a timestamp 2 us later."""
    messages(
        lambda message: dataclasses.replace(
            message, timestamp=message.timestamp + 2000 * (message.event_id == 4)
        )
    )


@breaks
def events_untagged() -> None:
    """Messages with 64-bit block ids do not say so."""
    from camtwin.wire import gvcp

    pack = gvcp.Message.pack

    def untagged(self: gvcp.Message, request_id: int, *, extended: bool, ack_required: bool) -> bytes:
        data = pack(self, request_id, extended=extended, ack_required=ack_required)
        return data[:1] + bytes([data[1] & ~gvcp.EXTENDED_ID]) + data[2:]

    gvcp.Message.pack = untagged


@breaks
def events_unacknowledged() -> None:
    """The camera does not hear that its host has a message."""
    from camtwin.wire.messages import MessageChannel

    MessageChannel.receive = lambda self, data, peer: None


@breaks
def actions_for_all() -> None:
    """Whatever the keys, the camera acts."""
    from camtwin.camera import Camera

    action = Camera.action
    Camera.action = lambda self, device_key, group_key, group_mask: action(
        self,
        self.settings.ActionDeviceKey,
        self.settings.ActionGroupKey[1],
        self.settings.ActionGroupMask[1],
    )


@breaks
def actions_unheard() -> None:
    """Acknowledged, and nothing comes of it."""
    from camtwin.camera import Camera

    Camera.action = lambda self, device_key, group_key, group_mask: True


# --- wire


def leader(change: Callable[[Any], Any], cut: int | None = None) -> None:
    from camtwin.wire import gvsp

    write = gvsp.image_leader
    gvsp.image_leader = lambda image: write(change(image))[:cut]


@breaks
def leader_narrow() -> None:
    leader(lambda image: dataclasses.replace(image, width=image.width - 16))


@breaks
def leader_cut() -> None:
    leader(lambda image: image, cut=-8)


@breaks
def trailer_short() -> None:
    """size_y of the trailer one row below the picture's."""
    from camtwin.wire import gvsp

    write = gvsp.frame_packets

    def short(*args: Any, **options: Any) -> gvsp.Block:
        block = write(*args, **options)
        height = int.from_bytes(block.trailer[-4:], "big")
        return dataclasses.replace(block, trailer=block.trailer[:-4] + (height - 1).to_bytes(4, "big"))

    gvsp.frame_packets = short


@breaks
def trailer_early() -> None:
    """The trailer has the packet id of the last payload packet."""
    from camtwin.wire import gvsp

    write = gvsp.frame_packets

    def early(*args: Any, **options: Any) -> gvsp.Block:
        block = write(*args, **options)
        return dataclasses.replace(
            block, trailer=block.trailer[:7] + bytes([block.trailer[7] - 1]) + block.trailer[8:]
        )

    gvsp.frame_packets = early


@breaks
def block_ids_skip() -> None:
    from camtwin.wire import gvsp

    following = gvsp.next_block_id
    gvsp.next_block_id = lambda block_id, extended: following(block_id, extended) + 1


@breaks
def wire_lossy() -> None:
    """No fault of the twin: one packet in fifty is lost on its way, sent again or not."""
    from camtwin.links.faults import Faults
    from camtwin.links.sender import Sender

    make = Sender.__init__

    def lossy(self: Sender, sock: Any, on_problem: Any, faults: Any = None, *others: Any) -> None:
        make(self, sock, on_problem, Faults(drop=0.02, seed=1), *others)

    Sender.__init__ = lossy  # pyright: ignore[reportAttributeAccessIssue]


@breaks
def resend_deaf() -> None:
    from camtwin.links.sender import Sender

    Sender.resend = lambda self, request, extended_status: None


@breaks
def refusals_silent() -> None:
    """Who asks for packets that are gone is told nothing."""
    from camtwin.links.sender import Sender

    Sender._refuse = lambda self, request, first, last, status: None


@breaks
def pacing_slow() -> None:
    """Camera time passes 3 % too slowly."""
    from camtwin.links.runtime import WallRuntime

    make = WallRuntime.__init__

    def slow(self: WallRuntime, clock: Any, pace: float = 1.0, *monotonic: Any, **named: Any) -> None:
        make(self, clock, 0.97 * pace, *monotonic, **named)

    WallRuntime.__init__ = slow


@breaks
def seeds_alike() -> None:
    """All twins of a process have the same seed."""
    from camtwin import cli

    make = cli._session
    cli._session = lambda *args, **named: make(*args, **{**named, "seed": 0})


@breaks
def pace_ignored() -> None:
    from camtwin.links import runtime

    runtime.paced = lambda clock, pace: runtime.WallRuntime(clock)


@breaks
def timestamps_by_wall() -> None:
    """The camera's timestamps are those of this computer."""
    import time

    from camtwin.camera import Camera

    Camera.timestamp = property(lambda self: time.monotonic_ns() & ~7)  # type: ignore[assignment]


@breaks
def datagrams_uncut() -> None:
    """Large datagrams for everybody, cut by the kernel or not."""
    from camtwin.links import segmentation

    segmentation.cuts = lambda interface, address: True


@breaks
def faults_uncounted() -> None:
    """Packets are lost, and half of them are told."""
    from camtwin.links.faults import Mischief

    pass_on = Mischief.pass_on

    def silent(self: Mischief, *args: Any, **kwargs: Any) -> None:
        before = dict(self.counts)
        pass_on(self, *args, **kwargs)
        if args[1] % 2:
            self.counts = before

    Mischief.pass_on = silent


@breaks
def fragments() -> None:
    """Packets may be cut in pieces on their way, whatever the host has set."""
    from camtwin.links.sender import Sender

    aim = Sender._aim
    Sender._aim = lambda self, target, do_not_fragment: aim(self, target, False)


@breaks
def pcap_forgets() -> None:
    """Packets that are sent again are not in the capture."""
    from camtwin.links.pcap import StreamTap

    tell = StreamTap.sent_run

    def forgetful(self: StreamTap, *args: Any, **named: Any) -> None:
        if not self.aside:
            tell(self, *args, **named)

    StreamTap.sent_run = forgetful


@breaks
def pcap_early() -> None:
    """The capture is taken before faults strike."""
    from camtwin.links.faults import Mischief
    from camtwin.links.pcap import StreamTap
    from camtwin.links.sender import Sender

    make, pass_on, tell = Sender.__init__, Mischief.pass_on, StreamTap.sent
    taps: list[Any] = []

    def tapped(self: Sender, *args: Any) -> None:
        make(self, *args)
        taps[:] = [self, self._tap]

    def early(self: Mischief, block_id: int, first: int, attempts: Any, **named: Any) -> None:
        sender, tap = taps
        for i in range(len(attempts)):
            tell(tap, named["packet"](i), sender._target, whole=True)
        pass_on(self, block_id, first, attempts, **named)

    Sender.__init__ = tapped  # pyright: ignore[reportAttributeAccessIssue]
    Mischief.pass_on = early
    StreamTap.sent = StreamTap.sent_run = lambda self, *args, **named: None


@breaks
def chunks_little_endian() -> None:
    from camtwin.camera import chunks

    write = chunks.tail
    chunks.tail = lambda exposure, order="big": write(exposure, "little")


@breaks
def chunks_swapped() -> None:
    """OffsetX is said to be OffsetY."""
    from camtwin.camera import chunks

    both = chunks.FEATURES["OffsetX"], chunks.FEATURES["OffsetY"]
    chunks.FEATURES["OffsetY"], chunks.FEATURES["OffsetX"] = both  # pyright: ignore[reportIndexIssue]


@breaks
def chunks_all() -> None:
    """Every chunk is sent, enabled or not."""
    from camtwin.camera import chunks, exposure
    from camtwin.camera.features import chunk_data_control, transport_layer_control
    from camtwin.genicam.nodes import By

    everything = By(dict.fromkeys(chunk_data_control.NAMES, True))
    enabled, size = chunks.enabled, transport_layer_control.size
    chunks.enabled = lambda e: [*everything] if enabled(e) else []
    told = lambda *asked: size(asked[0], asked[1], asked[2], asked[3], everything)  # noqa: E731
    exposure.size = transport_layer_control.size = told


@breaks
def user_sets_forgotten() -> None:
    """Saved, and gone with the power."""
    from camtwin.links.storage import DiskStorage

    DiskStorage.store = lambda self, name, data: None


@breaks
def user_sets_unheard() -> None:
    """Hosts are not told that a loaded set changes what they have read."""
    from camtwin.genicam.tree import Tree

    Tree._changers = lambda self, node: []


@breaks
def discovery_shifted() -> None:
    """The fields of DISCOVERY_ACK two bytes early, as if the MAC address had no padding before it."""
    from camtwin.wire.gev import GevDevice

    answer = GevDevice._discovery
    GevDevice._discovery = lambda self: answer(self)[2:] + bytes(2)


@breaks
def control_for_all() -> None:
    from camtwin.wire.gev import GevDevice

    write = GevDevice._write
    GevDevice._write = lambda self, address, data, peer, now: write(
        self, address, data, self.controller or peer, now
    )


@breaks
def heartbeat_endless() -> None:
    """Who has control keeps it, alive or not."""
    from camtwin.wire.gev import GevDevice

    GevDevice._silence_ends = lambda self: None


@breaks
def stream_goes_on() -> None:
    """Who loses control leaves the stream as it is."""
    from camtwin.links.stream import GvspStream
    from camtwin.wire.gev import GevDevice

    GvspStream.close = GvspStream.end_acquisition = lambda self: None
    device: Any = GevDevice
    target, last = device.target.fget, []

    def kept(self: GevDevice) -> Any:
        last.extend([now] if (now := target(self)) else [])
        return last[-1] if last else None

    device.target = property(kept)


@breaks
def switchover_keyless() -> None:
    """Any key opens."""
    from camtwin.wire import bootstrap
    from camtwin.wire.gev import GevDevice

    check = GevDevice._set_privilege

    def lenient(self: GevDevice, value: int, peer: Any, now: int) -> None:
        self._words[bootstrap.SWITCHOVER_KEY] = value >> 16
        check(self, value, peer, now)

    GevDevice._set_privilege = lenient


@breaks
def force_ip_registers_only() -> None:
    """FORCEIP is acknowledged, and no socket moves."""
    from camtwin.links.gige import GigeLink

    GigeLink.move = lambda self, address: (address, 0, 0)


@breaks
def force_ip_always() -> None:
    """FORCEIP moves a camera that somebody is using."""
    from camtwin.wire.gev import GevDevice

    move = GevDevice._force_ip

    def careless(self: GevDevice, request: Any) -> bytes | None:
        self.controller, controller = None, self.controller
        try:
            return move(self, request)
        finally:
            self.controller = controller

    GevDevice._force_ip = careless


@breaks
def sockets_inherited() -> None:
    """A process that outlives the twin has its sockets."""
    import os
    import time

    from camtwin.links.gige import GigeLink

    make = GigeLink.__init__

    def haunted(self: GigeLink, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        if not os.fork():
            os.closerange(0, 3)
            time.sleep(60)
            os._exit(0)

    GigeLink.__init__ = haunted


# --- USB3 Vision


@breaks
def xml_big_endian() -> None:
    description("<Endianess>LittleEndian</Endianess>", "<Endianess>BigEndian</Endianess>")


@breaks
def manifest_lies() -> None:
    """The description is said to be longer than it is, and lie elsewhere."""
    from camtwin.wire.u3v_device import Description

    entry = Description.manifest_entry
    Description.manifest_entry = lambda self: entry(dataclasses.replace(self, address=self.address + 4))


@breaks
def usb_guid_short() -> None:
    from camtwin.wire import usb

    make = usb.Identity
    usb.Identity = lambda **said: make(**{**said, "guid": said["guid"][2:]})  # type: ignore[misc]


@breaks
def usb_ack_ids() -> None:
    """Acknowledges have the number of the request before."""
    from camtwin.wire.gencp import Header

    ack = Header.ack
    Header.ack = lambda self, body=b"", status=0: ack(
        dataclasses.replace(self, request_id=self.request_id - 1 & 0xFFFF), body, status
    )


@breaks
def usb_ack_prefix() -> None:
    from camtwin.wire import gencp

    ack = gencp.Header.ack
    gencp.Header.ack = lambda self, *said, **named: b"U3VX" + ack(self, *said, **named)[4:]


@breaks
def usb_blocks_from_1() -> None:
    from camtwin.wire import u3v

    leader, trailer = u3v.leader, u3v.trailer
    u3v.leader = lambda image, block_id: leader(image, block_id + 1)
    u3v.trailer = lambda block_id, *rest: trailer(block_id + 1, *rest)


@breaks
def usb_leader_narrow() -> None:
    from camtwin.wire import u3v

    write = u3v.leader
    u3v.leader = lambda image, block_id: write(dataclasses.replace(image, width=image.width - 16), block_id)


@breaks
def usb_leader_cut() -> None:
    from camtwin.wire import u3v

    write = u3v.leader
    u3v.leader = lambda image, block_id: write(image, block_id)[:-12]


@breaks
def usb_trailer_lost() -> None:
    from camtwin.links.usb_pipes import Writer

    parts = Writer._parts
    Writer._parts = staticmethod(lambda job, payload: [*parts(job, payload)][:-1])  # type: ignore[assignment]


@breaks
def usb_transfers_joined() -> None:
    """What the host wrote of sizes is not obeyed: one transfer for everything."""
    from camtwin.wire.u3v import Transfers

    Transfers.spans = lambda self, payload_bytes: iter([(0, payload_bytes // 2)])


if __name__ == "__main__":
    for name in sys.argv.pop(1).split("+"):
        BREAKS[name]()
    from camtwin.cli import main

    main()
