"""A stream as lines of text: when, what, and the first bytes of each packet."""

from __future__ import annotations

from collections.abc import Iterator

from camtwin.wire.csi2.dump import Burst, Mark, Record
from camtwin.wire.csi2.examine import examine
from camtwin.wire.csi2.packets import CRC_BYTES, HEADER_BYTES
from camtwin.wire.csi2.places import Part, Tracker, part_of

PREVIEW_BYTES = 8
NUMBERED = (Part.FRAME_START, Part.FRAME_END, Part.LINE_START, Part.LINE_END)
TIME_COLUMNS = 15


class Viewer:
    """Describes the records of a stream, one after the other."""

    def __init__(self) -> None:
        self._tracker = Tracker()

    def line(self, record: Record) -> str:
        """Return a line about the record: time in ns, what it is, its bytes."""
        time = f"{record.time_ns:>{TIME_COLUMNS}}"
        if isinstance(record, Mark):
            return f"{time}  {record.state.name:4}  {record.lanes} lanes"
        return f"{time}  {'; '.join(self._words(record))}"

    def _words(self, burst: Burst) -> Iterator[str]:
        packet = examine(burst.data)
        if packet.header is None:
            yield f"packet of {len(burst.data)} bytes  {_bytes(burst.data)}"
        else:
            place, part = self._tracker.see(packet.header), part_of(packet.header.data_type)
            number = f"channel {place.channel} {part} {packet.header.field}"
            size = "" if part in NUMBERED else f"  {len(packet.payload)} bytes"
            yield f"{number if part in NUMBERED else place}{size}  {_bytes(burst.data)}"
        yield from (f"{wrong.kind}: {wrong.text}" for wrong in packet.wrong)


def _bytes(data: bytes) -> str:
    """Return the header, the first bytes of a payload, and the CRC, in hexadecimal."""
    if len(data) <= HEADER_BYTES + PREVIEW_BYTES + CRC_BYTES:
        return data.hex(" ")
    begin = data[: HEADER_BYTES + PREVIEW_BYTES].hex(" ")
    return f"{begin} ... {data[-CRC_BYTES:].hex(' ')}"
