"""Features: each fact about a camera feature, stated once.

A chapter of SFNC is a class, and a feature is one attribute of it:

    class AcquisitionControl(Chapter):
        ExposureTime_ns = Time("Exposure time of the sensor.", max=60e6, inc=1,
                               min=lambda ShortExposureTimeEnable, usual_min: ...)

`AcquisitionControl.ExposureTime_ns` is the declaration, `settings.ExposureTime_ns` the value. The
register, the XML nodes, limits, locks and the field of Settings all follow from it.
The name is the SFNC name, plus the unit the value is held in where the host sees another one.

Limits, values, availability and locks are *rules*: a number, the name of a feature, or a function
whose parameters name its inputs (so that registers, XML and invalidation can follow):
    CamelCase    a feature's held value; of the same line, counter ... if both have the same selectors,
                 else all of them
    lower_case   a number in this feature's own row of the data sheet; a default makes it optional
    device       the running camera; hosts are told not to cache such a value
A rule returns a value in the host's unit, as the data sheet's numbers are.

A model may rename a feature or an entry: `name` and `words` in its row. Hosts see those; code and held values
use the declared names. `same` in its row names entries that stand for the signal of another name in this
model; `ids` has the ids of events and chunks. Hosts do not see what is `hidden`; rules know its numbers. `at`
places its registers, which `length`, `bits` and `signed` describe.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import KW_ONLY, Field, dataclass, field, replace
from inspect import Parameter, Signature
from math import isfinite
from sys import float_info
from typing import Any, ClassVar, Final, Generic, NoReturn, Self, TypeAlias, TypeVar, cast, overload

from camtwin.genicam.device import At, Key, Shown
from camtwin.genicam.dialect import Order

T = TypeVar("T")
Rule: TypeAlias = float | str | Callable[..., Any]
Source: TypeAlias = Callable[[At], Any]
"""Finds the value of a rule's parameter."""
Expert, Guru, Invisible = "Expert", "Guru", "Invisible"


FLOAT32_MAX: Final = (2 - 2**-23) * 2.0**127
"""Greatest number of IEEE 754 in four bytes."""
CODING: Final = ("length", "bits", "signed")
"""Words of a row that say how the register of a feature holds its value."""


def sheet_value(value: T) -> T:
    """Rule of a constant whose value stands in the data sheet."""
    return value


class When:
    """Rule that each named feature has the value, or one of the values, given for it."""

    def __init__(self, **values: Shown | tuple[Shown, ...]) -> None:
        self._values = {name: v if isinstance(v, tuple) else (v,) for name, v in values.items()}
        kind = Parameter.POSITIONAL_OR_KEYWORD
        self.__signature__ = Signature([Parameter(name, kind) for name in values])

    def __call__(self, **held: Shown) -> bool:
        return all(held[name] in values for name, values in self._values.items())


@dataclass(frozen=True)
class Bound:
    """A rule ready to run: its function, the sources of its parameters by name, and what makes it stale.

    rule     None: it returns the value of its one source
    needs    settable features that it depends on
    live     whether it depends on the camera's state or time
    same     the feature that it only repeats
    """

    rule: Callable[..., Any] | None
    sources: Mapping[str, Source] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    live: bool = False
    same: str = ""

    def __call__(self, at: At) -> Any:
        """Evaluate the rule for these settings, this device and this selected entry."""
        arguments = {name: find(at) for name, find in self.sources.items()}
        return arguments.popitem()[1] if self.rule is None else self.rule(**arguments)

    @property
    def source(self) -> Source:
        """A source for a parameter that is this rule's result."""
        return self if self.rule else next(iter(self.sources.values()))


class By(dict[Any, T]):
    """Frozen values of a selected feature: `settings.LineMode["Line1"]`.

    A dictionary, so that Settings read as fast as one; changing it raises TypeError.
    """

    def __hash__(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        return hash(tuple(self.items()))

    def __repr__(self) -> str:
        return f"By({', '.join(f'{k}: {v!r}' for k, v in [*self.items()][:9])}{', ...' * (len(self) > 9)})"

    def __reduce__(self) -> tuple[type[By[T]], tuple[dict[Any, T]]]:
        return type(self), (dict(self),)

    def replace(self, key: Key, value: T) -> By[T]:
        """Return these values with another one for `key`."""
        return By({**self, key: value})


def _frozen(self: By[T], *_: object, **__: object) -> NoReturn:
    raise TypeError("the values of a selected feature are frozen: use replace(key, value)")


for _change in ("__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault", "update"):
    setattr(By, _change, _frozen)


@dataclass(frozen=True, eq=False)
class Feature(Generic[T]):
    """The declaration of one feature; the subclass is the kind of its XML node."""

    doc: str
    _: KW_ONLY
    default: T | None = None
    value: Rule | None = None  # computed, no field of Settings; read-only unless ...
    put: Callable[..., Mapping[str, Any]] | None = None  # ... a view: put(shown, settings) -> changed fields
    do: Callable[..., object] | None = None  # action of a command: do(device, *selected)
    reloads: bool = False  # a command that may change every saved setting
    volatile: bool = False  # the camera changes it by itself: hosts must not cache it
    available: Rule | None = None
    locked: Rule | None = None
    saved: bool = True  # part of a stored configuration; Streamable
    sequenced: bool = False  # a set of the sequencer may hold it
    visibility: str = "Beginner"
    custom: bool = False  # not in SFNC
    at: Mapping[str, int | tuple[int, int]] = field(default_factory=dict)
    """Register address by link, if its standard gives one; (address, bytes) if it also gives a length."""
    apart: int = 0  # bytes from the register of one selected entry to the next; `length` if 0
    bits: tuple[int, int] | None = None  # lowest bit and width in a register shared with others
    chunk: tuple[str, int] | None = None  # the chunk that holds it, and its position: a value of frames only
    after: str = ""  # a maker's own feature stands behind this one, in its chapter
    elsewhere: str = ""  # RO, RW or WO, if the link answers, not the tree
    by: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()  # selectors whose entry a rule reads, without a register for each
    length: int = 4
    signed: bool = False
    attr: str = field(default="", init=False)
    spelling: str = field(default="", init=False)  # this model's name, if it differs
    chapter: str = field(default="", init=False)
    node: ClassVar[str]

    def __set_name__(self, owner: type, attr: str) -> None:
        object.__setattr__(self, "attr", attr)
        object.__setattr__(self, "chapter", owner.__name__)

    @overload
    def __get__(self, obj: None, owner: type) -> Self: ...
    @overload
    def __get__(self, obj: object, owner: type) -> T: ...
    def __get__(self, obj: object | None, owner: type) -> Any:
        if obj is not None:  # stored values are found in the instance first
            raise AttributeError(f"{self.name} is not a setting: read it from the camera")
        return self

    @property
    def declared(self) -> str:
        """The name that code and data sheets have for it."""
        return self.attr.partition("_")[0]

    @property
    def name(self) -> str:
        return self.spelling or self.declared

    @property
    def stored(self) -> bool:
        return self.value is None and self.do is None and not self.elsewhere and not self.chunk

    def on(self, link: str) -> Self:
        """Return this feature with the address, and the length if given, of a link's standard."""
        place = self.at.get(link)
        if not isinstance(place, tuple):
            return self
        there = copy(self)
        object.__setattr__(there, "at", {link: place[0]})
        object.__setattr__(there, "length", place[1])
        return there

    def of(self, names: Mapping[str, str], row: Mapping[str, Any]) -> Self:
        """Return this feature as a model has it; `names` maps declared names to the model's."""
        own = copy(self)
        object.__setattr__(own, "spelling", names.get(self.name, ""))
        object.__setattr__(own, "by", tuple(names.get(s, s) for s in self.by))
        object.__setattr__(own, "follows", tuple(names.get(s, s) for s in self.follows))
        for word in CODING:
            if word in row:
                object.__setattr__(own, word, tuple(row[word]) if word == "bits" else row[word])
        if isinstance(own, Enumeration):
            object.__setattr__(own, "words", row.get("words", {}))
        return own

    def per(self, *selectors: str) -> Feature[By[T]]:
        """Return this feature with one value for each entry of the selectors."""
        return cast("Feature[By[T]]", replace(self, by=selectors))

    def shown(self, held: Any) -> Any:
        """Convert a held value to the one that the host sees; `held` is the reverse."""
        return held

    def held(self, shown: Any) -> Any:
        return shown

    def take(self, value: Shown) -> Any:
        """Convert a value given by a user.

        Raises:
            ValueError: it does not fit this kind of feature
        """
        return value

    def pack(self, shown: Any, order: Order) -> bytes:
        return int(shown).to_bytes(self.length, order, signed=self.signed)

    def unpack(self, data: bytes, order: Order) -> Any:
        return int.from_bytes(data, order, signed=self.signed)


@dataclass(frozen=True, eq=False)
class Numeric(Feature[T]):
    _: KW_ONLY
    min: Rule = 0
    max: Rule = 0xFFFF_FFFF
    inc: float | None = None
    unit: str = ""
    form: str = ""  # how a viewer should show it: Linear, HexNumber, IPV4Address ...

    @property
    def span(self) -> tuple[float, float]:
        """Return the least and the greatest number that its register can hold."""
        raise NotImplementedError


class Integer(Numeric[int]):
    node = "Integer"

    @property
    def span(self) -> tuple[int, int]:
        bits = self.bits[1] if self.bits else 8 * self.length
        return (-(1 << bits - 1), (1 << bits - 1) - 1) if self.signed else (0, (1 << bits) - 1)

    def take(self, value: Shown) -> int:
        try:
            number = int(value, 0) if isinstance(value, str) else value
            if isinstance(number, (int, float)) and int(number) == number:
                return int(number)
        except (ValueError, OverflowError):  # infinity has no whole part
            pass
        raise ValueError("must be a whole number")


@dataclass(frozen=True, eq=False)
class Real(Numeric[T]):
    _: KW_ONLY
    length: int = 8
    node = "Float"

    @property
    def span(self) -> tuple[float, float]:
        most = FLOAT32_MAX if self.length == 4 else float_info.max
        return -most, most

    def take(self, value: Shown) -> float:
        with contextlib.suppress(ValueError):
            if isfinite(number := float(value)):
                return number
        raise ValueError("must be a number")

    def pack(self, shown: Any, order: Order) -> bytes:
        return struct.pack(self._layout(order), shown)

    def unpack(self, data: bytes, order: Order) -> Any:
        return struct.unpack(self._layout(order), data)[0]

    def _layout(self, order: Order) -> str:
        """Return the layout of an IEEE 754 number for `struct`, of 4 or 8 bytes."""
        return (">" if order == "big" else "<") + {4: "f", 8: "d"}[self.length]


class Float(Real[float]):
    pass


@dataclass(frozen=True, eq=False)
class Time(Real[int]):
    """Time: microseconds as a float for the host, integer nanoseconds inside."""

    _: KW_ONLY
    unit: str = "us"

    def shown(self, held: int) -> float:
        return held / 1000

    def held(self, shown: float) -> int:
        return round(shown * 1000)


@dataclass(frozen=True, eq=False)
class Steps(Real[int]):
    """Whole steps inside, of one unit each, and a float for the host."""

    def shown(self, held: int) -> float:
        return float(held)

    def held(self, shown: float) -> int:
        return round(shown)


class Boolean(Feature[bool]):
    node = "Boolean"

    def take(self, value: Shown) -> bool:
        words = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}
        if (word := str(value).lower()) not in words:
            raise ValueError("must be true or false")
        return words[word]

    def unpack(self, data: bytes, order: Order) -> bool:
        return any(data)


@dataclass(frozen=True, eq=False)
class Enumeration(Feature[str]):
    """Entry names with their wire values; a plain list of names counts from 0.

    open  a model may have entries of its own: in its row `entries` is then a table of names and values
    """

    entries: str | Mapping[str, int] = ""
    _: KW_ONLY
    open: bool = False
    only: Mapping[str, Rule] = field(default_factory=dict)  # when an entry is available
    words: Mapping[str, str] = field(default_factory=dict, init=False)  # of this model, where they differ
    node = "Enumeration"

    def shown(self, held: str) -> str:
        return self.words.get(held, held)

    def held(self, shown: str) -> str:
        return next((entry for entry, word in self.words.items() if word == shown), shown)

    @property
    def values(self) -> Mapping[str, int]:
        return (
            {e: i for i, e in enumerate(self.entries.split())}
            if isinstance(self.entries, str)
            else self.entries
        )


@dataclass(frozen=True, eq=False)
class Selector(Enumeration):
    """Selects the entry that other features refer to; user sets do not contain it.

    events     entries are events: hosts get nodes for the contents of each event's message
    of_frames  those events whose message carries a frame number, too
    """

    _: KW_ONLY
    saved: bool = False
    events: bool = False
    of_frames: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class String(Feature[bytes]):
    """Text in UTF-8. A setting holds its register's bytes, as hosts wrote them, without the zeros at the end.

    Bytes, because hosts may write a register part by part: a part can end within a character, and what stands
    behind the first zero is no text, but stays. A text that fills its register has no zero.
    """

    _: KW_ONLY
    length: int = 64
    node = "String"

    def shown(self, held: bytes) -> str:
        return held.partition(b"\0")[0].decode(errors="replace")

    def held(self, shown: str | bytes) -> bytes:
        return shown if isinstance(shown, bytes) else shown.encode()

    def take(self, value: Shown) -> bytes:
        data = value if isinstance(value, bytes) else str(value).encode()
        if len(data) > self.length or (b"\0" in data and value is not data):
            raise ValueError(f"must have at most {self.length} bytes of text")
        return data

    def pack(self, shown: str | bytes, order: Order) -> bytes:
        return self.held(shown)[: self.length].ljust(self.length, b"\0")

    def unpack(self, data: bytes, order: Order) -> bytes:
        return data.rstrip(b"\0")


@dataclass(frozen=True, eq=False)
class Register(Feature[bytes]):
    """A table read and written as bytes: numbers of `width` bytes, big-endian, each at most `highest`.

    fill  makes the factory's content, if the row has `count`, the number of entries, and `highest`
    """

    _: KW_ONLY
    width: int = 1
    highest: int = 0xFF
    fill: Callable[[int], bytes] | None = None
    node = "Register"

    def of(self, names: Mapping[str, str], row: Mapping[str, Any]) -> Self:
        own = super().of(names, row)
        if self.fill and (count := row.get("count")):
            object.__setattr__(own, "length", count * self.width)
            object.__setattr__(own, "highest", row.get("highest", self.highest))
            object.__setattr__(own, "default", self.fill(count))
        return own

    def take(self, value: Any) -> bytes:
        data = bytes.fromhex(value) if isinstance(value, str) else bytes(value)
        if len(data) != self.length:
            raise ValueError(f"must have {self.length} bytes, not {len(data)}")
        entries = (int.from_bytes(data[i : i + self.width], "big") for i in range(0, self.length, self.width))
        if (most := max(entries)) > self.highest:
            raise ValueError(f"entry {most} is above the maximum {self.highest}")
        return data

    def pack(self, shown: Any, order: Order) -> bytes:
        return shown

    def unpack(self, data: bytes, order: Order) -> bytes:
        return data


class Command(Feature[None]):
    node = "Command"


class Chapter:
    """Base of the chapters; each becomes a frozen dataclass of the features it stores."""

    features: ClassVar[dict[str, Feature[Any]]] = {}
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def replaced(self, changes: Mapping[str, Any]) -> Self:
        """Return a copy with other values by attribute: dataclasses.replace would ask for each of hundreds.

        Raises:
            TypeError: there is no such attribute
        """
        new = object.__new__(type(self))
        new.__dict__.update(self.__dict__)
        new.__dict__.update(changes)
        if len(new.__dict__) != len(self.__dict__):
            raise TypeError(f"no settings {', '.join(sorted(changes.keys() - self.__dict__.keys()))}")
        return new

    def __init_subclass__(cls) -> None:
        own = [f for f in vars(cls).values() if isinstance(f, Feature)]
        cls.__annotations__ = {f.attr: Any for f in own if f.stored}
        dataclass(frozen=True, kw_only=True)(cls)
        inherited = (f for base in cls.__bases__ for f in getattr(base, "features", {}).values())
        cls.features = _placed({f.name: f for f in (*inherited, *own)})


def _placed(features: dict[str, Feature[Any]]) -> dict[str, Feature[Any]]:
    """Put features that stand behind another one there, and into its chapter."""
    for f in [f for f in features.values() if f.after in features]:
        moved = copy(f)
        object.__setattr__(moved, "chapter", features[f.after].chapter)
        rest = [one for one in features.values() if one.name != f.name]
        features = {one.name: one for g in rest for one in ((g, moved) if g.name == f.after else (g,))}
    return features
