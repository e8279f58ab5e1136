"""A log of a bus's transfers, in the words of Linux' own trace of I2C, which `camtwin explain` reads.

    camtwin-0 [000] 0.008146500: i2c_write: i2c-10 #0 a=01a f=0000 l=2 [00-16]
    camtwin-0 [000] 0.008146500: i2c_read: i2c-10 #1 a=01a f=0001 l=2
    camtwin-0 [000] 0.008286500: i2c_reply: i2c-10 #1 a=01a f=0001 l=2 [05-77]
    camtwin-0 [000] 0.008286500: i2c_result: i2c-10 n=2 ret=2

Times are the camera's, in seconds: of the start, and of the end for what is known only then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from camtwin.units import SEC, Ns
from camtwin.wire.csi2.cci import Done, Message, Read, Write
from camtwin.wire.i2c import READ, result


def lines(bus: int, messages: Sequence[Message], done: Done) -> Iterator[str]:
    """Yield the lines of a transfer."""
    for number, one in enumerate(messages):
        if isinstance(one, Write):
            yield _line(
                done.start_ns, "write", bus, f"{_head(number, one, len(one.data))} [{one.data.hex('-')}]"
            )
        else:
            yield _line(done.start_ns, "read", bus, _head(number, one, one.length))
    reads = ((number, one) for number, one in enumerate(messages) if isinstance(one, Read))
    for (number, one), data in zip(reads, done.reads, strict=False):
        yield _line(done.end_ns, "reply", bus, f"{_head(number, one, len(data))} [{data.hex('-')}]")
    count = len(messages)
    yield _line(done.end_ns, "result", bus, f"n={count} ret={result(done, count)}")


def remark(t_ns: Ns, address: int, text: str) -> str:
    """Return the line of something that went wrong in a sensor, a comment."""
    return f"# {_time(t_ns)} {address:#04x}: {text}"


def _time(t_ns: Ns) -> str:
    return f"{t_ns // SEC}.{t_ns % SEC:09}"


def _line(t_ns: Ns, event: str, bus: int, text: str) -> str:
    return f"camtwin-0 [000] {_time(t_ns)}: i2c_{event}: i2c-{bus} {text}"


def _head(number: int, one: Message, length: int) -> str:
    flags = READ if isinstance(one, Read) else 0
    return f"#{number} a={one.address:03x} f={flags:04x} l={length}"
