"""Permitted answers of a GigE Vision device to a datagram, whatever its bytes.

Written from the standard, not from our code, and loose where the standard leaves a choice.

Source: GigE Vision 2.0, chapter GVCP: "a command with the acknowledge bit has one acknowledge, with its id".
"""

from __future__ import annotations

import struct

DISCOVERY, FORCEIP, RESEND, READREG, WRITEREG, READMEM, WRITEMEM = 0x02, 0x04, 0x40, 0x80, 0x82, 0x84, 0x86
ACTION, SCHEDULED = 0x100, 0x80
KNOWN = (DISCOVERY, FORCEIP, READREG, WRITEREG, READMEM, WRITEMEM, ACTION)
ERRORS = {*range(0x8001, 0x8008), 0x800C, *range(0x8010, 0x8018), 0x8FFF}
NOT_IMPLEMENTED, INVALID_PARAMETER, BAD_ALIGNMENT, ACCESS_DENIED = 0x8001, 0x8002, 0x8005, 0x8006
MAX_BYTES = 8 + 4 + 536


def is_silence_due(data: bytes, mac: bytes) -> bool:
    """Must, or may, this datagram go unanswered?"""
    if len(data) < 8 or data[0] != 0x42 or not data[1] & 1:
        return True
    command, length, request_id = struct.unpack_from(">HHH", data, 2)
    if command == RESEND:
        return True
    if command == ACTION and length == 12 == len(data) - 8 and request_id and not data[1] & SCHEDULED:
        return True  # it concerns the device, or not
    whole = command == FORCEIP and length == 56 == len(data) - 8 and request_id
    return bool(whole and (data[10:16] != mac or data[28:32] == bytes(4)))


def is_pending(data: bytes, answers: list[bytes], told: bool) -> bool:
    """Tell whether the answer to this write is not due yet. `told`: its sender has enabled PENDING_ACK."""
    if (
        len(data) < 12
        or is_silence_due(data, b"")
        or struct.unpack_from(">H", data, 2)[0]
        not in (
            WRITEREG,
            WRITEMEM,
        )
    ):
        return False
    if not told:
        return not answers
    return len(answers) == 1 and answers[0][:8] == b"\0\0\0\x89\0\x04" + data[6:8] and len(answers[0]) == 12


def complaint(data: bytes, answers: list[bytes], mac: bytes, in_control: bool, held: bool) -> str:
    """Return what is wrong with these answers to `data`; empty if nothing.

    in_control  its sender is the controller; held: there is a controller
    """
    if not answers:
        return "" if is_silence_due(data, mac) else "no answer"
    if len(answers) > 1:
        return f"{len(answers)} answers"
    if is_silence_due(data, mac):
        if data[2:4] == ACTION.to_bytes(2, "big"):
            return "" if answers[0] == struct.pack(">HHH", 0, ACTION + 1, 0) + data[6:8] else "ACTION_ACK"
        denied = held and data[10:16] == mac and answers[0][:2] == ACCESS_DENIED.to_bytes(2, "big")
        return "" if denied else "an answer where silence is due"
    (answer,) = answers
    if not 8 <= len(answer) <= MAX_BYTES:
        return f"{len(answer)} bytes of answer"
    status, kind, size, answered = struct.unpack_from(">HHHH", answer)
    command, length, request_id = struct.unpack_from(">HHH", data, 2)
    if (kind, size, answered) != (command + 1 & 0xFFFF, len(answer) - 8, request_id):
        return "the acknowledge's header"
    if status and status not in ERRORS:
        return f"status {status:#06x}"
    if command not in KNOWN:
        return "" if status == NOT_IMPLEMENTED else "a command that nobody knows"
    if length != len(data) - 8 or not request_id:
        return "" if status == INVALID_PARAMETER else "a length or an id that is wrong"
    if command == ACTION and data[1] & SCHEDULED and len(data) == 28:
        return "" if status == NOT_IMPLEMENTED else "a scheduled action"
    if status:
        return _of_refusal(command, status, data[8:], answer[8:])
    return _of_success(command, data[8:], answer[8:], in_control, held)


def _of_success(command: int, body: bytes, answer: bytes, in_control: bool, held: bool) -> str:
    """Check the acknowledge of a success: its length, its contents, and its sender's rights."""
    address = int.from_bytes(body[:4], "big")
    if command == ACTION:
        return "an action of an odd length"
    if command == DISCOVERY:
        return "" if len(answer) == 0xF8 and not body else "DISCOVERY_ACK"
    if command == FORCEIP:
        return "" if len(answer) == 0 and not held else "FORCEIP_ACK"
    if command == READREG:
        aligned = all(at % 4 == 0 for (at,) in struct.iter_unpack(">I", body))
        return "" if len(answer) == len(body) and body and aligned else "READREG_ACK"
    if command == READMEM:
        count = int.from_bytes(body[6:8], "big")
        fits = len(answer) == 4 + count and answer[:4] == body[:4] and len(body) == 8
        return "" if fits and count and count % 4 == 0 == address % 4 else "READMEM_ACK"
    done = len(body) // 8 if command == WRITEREG else len(body) - 4
    if answer != struct.pack(">I", done) or address % 4:
        return "the count of what was written"
    if not in_control and address != 0xA00:
        return "written by who is not in control"
    return ""


def _of_refusal(command: int, status: int, body: bytes, answer: bytes) -> str:
    if status == NOT_IMPLEMENTED:
        return "a command that everybody knows"
    if command in (WRITEREG, WRITEMEM) and answer:
        most = len(body) // 8 if command == WRITEREG else len(body) - 4
        return "" if int.from_bytes(answer, "big") < most and len(answer) == 4 else "index of the refused"
    if command == READREG:
        return "" if len(answer) % 4 == 0 and len(answer) < len(body) + 4 else "words before the refused"
    return "" if not answer else "a refusal that says something"
