"""Structures of C as frozen dataclasses, laid out as a 64-bit compiler does.

    @dataclass(frozen=True)
    class Fraction(Layout):
        numerator: U32 = 0
        denominator: U32 = 1

    Fraction.unpack(data).numerator
    Fraction(1, 30).pack()

A field has the alignment of its type, unless the structure is packed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Any, ClassVar, Final, Self, TypeAlias, get_args, get_type_hints

U8: TypeAlias = Annotated[int, "B"]
U16: TypeAlias = Annotated[int, "H"]
U32: TypeAlias = Annotated[int, "I"]
S32: TypeAlias = Annotated[int, "i"]
U64: TypeAlias = Annotated[int, "Q"]
S64: TypeAlias = Annotated[int, "q"]
POINTER: Final = 8
"""Size and alignment of pointers."""


@dataclass(frozen=True, slots=True)
class Chars:
    """An array of characters, which hold a text and at least one zero."""

    length: int


@dataclass(frozen=True, slots=True)
class Union:
    """The bytes of a union, which another structure reads."""

    length: int
    alignment: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """An array of numbers."""

    code: str
    length: int


Kind: TypeAlias = "str | Chars | Union | Numbers | type[Layout]"


class Layout:
    """A structure; subclasses are frozen dataclasses whose fields say their types in C."""

    PACKED: ClassVar[bool] = False

    @classmethod
    def sizeof(cls) -> int:
        """Return the number of bytes."""
        return _codec(cls).struct.size

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Read a structure from the beginning of `data`, which has enough bytes."""
        return cls._build(iter(_codec(cls).struct.unpack_from(data)))

    @classmethod
    def _build(cls, values: Iterator[Any]) -> Self:
        return cls(*(_read(kind, values) for kind in _codec(cls).kinds.values()))

    def pack(self) -> bytes:
        """Return the bytes of the structure; those between fields are zero."""
        return _codec(type(self)).struct.pack(*self._values())

    def _values(self) -> Iterator[Any]:
        for name, kind in _codec(type(self)).kinds.items():
            value = getattr(self, name)
            if isinstance(kind, Chars):
                yield value.encode("ascii", "replace")[: kind.length - 1]
            elif isinstance(kind, Numbers):
                yield from value
            elif isinstance(kind, type):
                yield from value._values()
            else:
                yield value


@dataclass(frozen=True, slots=True)
class _Codec:
    struct: struct.Struct
    text: str
    alignment: int
    kinds: dict[str, Kind]


@cache
def _codec(cls: type[Layout]) -> _Codec:
    hints = get_type_hints(cls, include_extras=True)
    kinds: dict[str, Kind] = {}
    for each in fields(cls):  # type: ignore[arg-type]
        hint = hints[each.name]
        kinds[each.name] = hint if isinstance(hint, type) else get_args(hint)[1]
    parts, at, largest = [], 0, 1
    for kind in kinds.values():
        text, size, alignment = _placed(kind)
        alignment = 1 if cls.PACKED else alignment
        gap = -at % alignment
        parts.append(f"{gap}x{text}")
        at, largest = at + gap + size, max(largest, alignment)
    text = "".join([*parts, f"{-at % largest}x"])
    return _Codec(struct.Struct(f"={text}"), text, largest, kinds)


def offsets(cls: type[Layout]) -> dict[str, int]:
    """Return where the fields of a structure begin, by their names."""
    found: dict[str, int] = {}
    at = 0
    for name, kind in _codec(cls).kinds.items():
        _, size, alignment = _placed(kind)
        at += 0 if cls.PACKED else -at % alignment
        found[name] = at
        at += size
    return found


def _placed(kind: Kind) -> tuple[str, int, int]:
    """Return how a field is written in `struct`, its size and its alignment."""
    if isinstance(kind, Chars):
        return f"{kind.length}s", kind.length, 1
    if isinstance(kind, Union):
        return f"{kind.length}s", kind.length, kind.alignment
    if isinstance(kind, Numbers):
        one = struct.calcsize(kind.code)
        return f"{kind.length}{kind.code}", kind.length * one, one
    if isinstance(kind, str):
        return kind, struct.calcsize(kind), struct.calcsize(kind)
    inner = _codec(kind)
    return inner.text, inner.struct.size, inner.alignment


def _read(kind: Kind, values: Iterator[Any]) -> object:
    if isinstance(kind, Chars):
        return next(values).partition(b"\0")[0].decode("ascii", "replace")
    if isinstance(kind, Numbers):
        return tuple(next(values) for _ in range(kind.length))
    if isinstance(kind, type):
        return kind._build(values)
    return next(values)


def array(kind: type[Layout], data: bytes) -> list[Any]:
    """Read the structures that stand one after another."""
    size = kind.sizeof()
    return [kind.unpack(data[at : at + size]) for at in range(0, len(data) - size + 1, size)]


def joined(structures: Sequence[Layout]) -> bytes:
    """Return structures one after another."""
    return b"".join(each.pack() for each in structures)
