"""Meet the camera as a host on the network: GigE Vision's bytes, typed from the standard's facts."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from camtwin.session.session import Session
from camtwin.units import MS, SEC
from camtwin.verify.case import Case
from camtwin.verify.measurements.signals import listen, times
from camtwin.verify.measures import Value, measurement

if TYPE_CHECKING:
    from camtwin.links.gige.host import GevHost

READREG, WRITEREG, RESERVED = 0x80, 0x82, 0x7FFE
VERSION, HEARTBEAT_ms, KEY, CCP = 0x000, 0x938, 0x95C, 0xA00
MCP, MCDA, SCP, SCPS, SCDA = 0xB00, 0xB10, 0xD00, 0xD04, 0xD18
CONTROL, SWITCHOVER = 2, 4
PORT: Final = 4000
EVENT = 0xC0
LEADER, TRAILER, PAYLOAD = 1, 2, 3


class Gvcp:
    """Commands of one host."""

    def __init__(self, host: GevHost) -> None:
        self.host, self.request_id = host, 0

    def send(self, command: int, body: bytes, length: int | None = None) -> list[bytes]:
        """`length`: what the header says of the body, if another than its own."""
        self.request_id += 1
        size = len(body) if length is None else length
        return self.host.send(struct.pack(">BBHHH", 0x42, 1, command, size, self.request_id) + body)

    def ask(self, case: Case, command: int, body: bytes) -> bytes:
        """Return the body of the acknowledge; a refusal is a failure."""
        answers = self.send(command, body)
        if len(answers) != 1:
            case.wrong(f"{len(answers)} answers to command {command:#x}")
        status, ack, length, request_id = struct.unpack_from(">HHHH", answers[0])
        told, wanted = (status, ack, request_id), (0, command + 1, self.request_id)
        if told != wanted or len(answers[0]) != 8 + length:
            case.wrong(f"command {command:#x} is answered by {answers[0].hex()}")
        return answers[0][8:]

    def read(self, case: Case, register: int) -> int:
        return int.from_bytes(self.ask(case, READREG, struct.pack(">I", register)), "big")

    def write(self, case: Case, register: int, value: int) -> None:
        self.ask(case, WRITEREG, struct.pack(">II", register, value))

    @property
    def address(self) -> int:
        return int.from_bytes(bytes(map(int, self.host.address.split("."))), "big")


def controller(case: Case, cam: Session) -> Gvcp:
    """Let a host take control and open the message channel."""
    gvcp = Gvcp(cam.host())
    for register, value in ((CCP, CONTROL | SWITCHOVER), (MCDA, gvcp.address), (MCP, PORT)):
        gvcp.write(case, register, value)
    return gvcp


# -- events of the link ------------------------------------------------------------------------------
def malformed(case: Case, cam: Session, gvcp: Gvcp) -> None:
    """Send a command whose header gives another length."""
    gvcp.send(READREG, struct.pack(">I", CCP), length=8)


def unknown(case: Case, cam: Session, gvcp: Gvcp) -> None:
    """Send a command that there is not."""
    gvcp.send(RESERVED, b"")


def fall_silent(case: Case, cam: Session, gvcp: Gvcp) -> None:
    """Send no heartbeat for longer than the timeout."""
    timeout = gvcp.read(case, HEARTBEAT_ms) * MS
    cam.advance(timeout - MS)
    case.equal(f"events before {timeout // MS} ms", len(cam.events), 0)
    cam.advance(10 * SEC)
    case.equal("CCP afterwards", gvcp.read(case, CCP), 0)


def hand_over(case: Case, cam: Session, gvcp: Gvcp) -> None:
    """Let a second host take over control by the switch-over key."""
    gvcp.write(case, KEY, 0xBEEF)
    Gvcp(cam.host(2)).write(case, CCP, 0xBEEF << 16 | CONTROL)


MAKE: Final[dict[str, tuple[Callable[[Case, Session, Gvcp], None], ...]]] = {
    "GigEVisionError": (malformed, unknown),
    "GigEVisionHeartbeatTimeout": (fall_silent,),
    "PrimaryApplicationSwitch": (hand_over,),
}


@measurement("link_event")
def link_event(case: Case, spelling: str = "") -> None:
    """The claim's event comes once with EventNotification On, to the list and as a message; never with Off.

    spelling: its name on the camera, where it is not the claim's"""
    name = spelling or case.claim.value
    for make in MAKE[case.claim.value]:
        for on in (True, False):
            cam = case.open()
            if on:
                listen(cam, name)
            gvcp = controller(case, cam)
            make(case, cam, gvcp)
            cam.advance(SEC)
            state = f"with EventNotification {'On' if on else 'Off'}"
            case.equal(f"{name} {state}", len(times(cam, name)), int(on))
            kinds = [int.from_bytes(message[2:4], "big") for message in cam.host().messages]
            case.equal(f"messages {state}", len(kinds), int(on))
            if on and kinds != [EVENT]:
                case.wrong(f"the message is {kinds[0]:#x}, wanted is {EVENT:#x}")


# -- versions ----------------------------------------------------------------------------------------
@measurement("gev_version")
def gev_version(case: Case) -> None:
    """The version register reads the claim's version of GigE Vision."""
    word = Gvcp(case.open().host()).read(case, VERSION)
    case.equal("version register", f"{word >> 16}.{word & 0xFFFF}", case.claim.value)


@measurement("older_host")
def older_host(case: Case, **features: Value) -> None:
    """A host that knows GigE Vision 1.2 alone: 16-bit block ids, 24-bit packet ids, headers of 8 bytes."""
    cam = case.open(features, render=True)
    gvcp = controller(case, cam)
    for register, value in ((SCPS, 576), (SCDA, gvcp.address), (SCP, PORT)):
        gvcp.write(case, register, value)
    frames = cam.grab(3)
    found: dict[int, bytes] = {}
    for packet in cam.host().packets:
        status, block, last = struct.unpack_from(">HHI", packet)
        form, number = last >> 24, last & 0xFF_FFFF
        if status or form not in (LEADER, TRAILER, PAYLOAD):
            case.wrong(f"a packet that no host of 1.2 reads: {packet[:8].hex()}")
        if form == LEADER and (number or len(packet) != 8 + 36):
            case.wrong(f"the leader of block {block} is {packet.hex()}")
        if form == PAYLOAD:
            found[block] = found.get(block, b"") + packet[8:]
    case.equal("blocks", [*found][:3], [1, 2, 3])
    case.that("the pictures are whole", [found[i + 1] for i in range(3)] == [f.payload for f in frames])
