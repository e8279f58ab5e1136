"""The `measure` column of a ledger: it names the measurements that put a row's claim to the test.

    limits:Width                           a measurement, and what it is about
    takes:Width,32; refuses:Width,24       several, one after the other
    rate:link_speed=1G,PixelFormat=Mono8   options by name
    input_level:Line1,True,value+0.01      a number by the claim's: value, low or high, and what is added
    climate:housing,high+1:outside         what is wanted at which number
    reads:TriggerMode,claim                a value that is the claim's
    input_level:Line1+Line2,True,low       once for each of these lines
    later:no tool draws that               none yet, and the reason

A measurement is a function in `measurements/` that is given a case and these arguments:

    @measurement("limits")
    def limits(case: Case, feature: str) -> None:
        low, high = case.claim.span
        case.limits(case.open(), feature, low, high)

Its annotations say how an argument is read: as a word, a number, one of several words, as `Value`, `Point` or
`Each`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final, Literal, NewType, TypeAlias, get_args, get_origin, get_type_hints

from camtwin.verify.case import Case
from camtwin.verify.claims import Claim, LedgerInvalid

Value: TypeAlias = str | int | float | bool
"""An argument that is a number, True or False where it reads as one, else a word: a feature's value."""
Point: TypeAlias = tuple[float, str]
"""An argument like `high+0.1:damaged`: a number, and what is wanted there."""
Each = NewType("Each", str)
"""An argument that may be several names, `Line1+Line2`: the measurement is carried out for each."""
Argument: TypeAlias = Value | Point
Run = Callable[..., object]
MAX_KEPT: Final = 4096
"""Limit of measurements that are kept as read: all rows of the package, yet bounded."""
LATER: Final = "later:"
CLAIM: Final = "claim"
"""As a value: the claim's."""
NAMED: Final = re.compile(r"[A-Za-z_]\w*=")
RELATIVE: Final = re.compile(r"(low|high|value)([+-][\d.]+)?")


@dataclass(frozen=True)
class Measurement:
    """A function that measures one kind of claim.

    heavy  what it is about, if it takes long ("pictures", "rates", ...): mutations that are about something
           else run it only where they name a row of it
    """

    name: str
    run: Run
    heavy: str = ""


@dataclass(frozen=True)
class MeasureStep:
    """One measurement of a row, with its arguments."""

    measurement: Measurement
    args: tuple[Argument, ...] = ()
    options: Mapping[str, Argument] | None = None

    def __call__(self, case: Case) -> None:
        self.measurement.run(case, *self.args, **(self.options or {}))


MEASUREMENTS: Final[dict[str, Measurement]] = {}


def measurement(name: str, *, heavy: str = "") -> Callable[[Run], Run]:
    """Register a function as the measurement of this name."""

    def register(run: Run) -> Run:
        if name in MEASUREMENTS:
            raise ValueError(f"two measurements are called {name}")
        MEASUREMENTS[name] = Measurement(name, run, heavy)
        return run

    return register


def load() -> None:
    """Import every chapter, so that its measurements are registered."""
    package = import_module("camtwin.verify.measurements")
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")


def later(claim: Claim) -> str:
    """Return why a row stays open, or nothing."""
    return claim.measure.removeprefix(LATER) if claim.measure.startswith(LATER) else ""


def steps(claim: Claim) -> tuple[MeasureStep, ...]:
    """Read the measurements of a row; none if it stays open. LedgerInvalid if its column cannot be read."""
    if not claim.measure or claim.measure.startswith(LATER):
        return ()
    return tuple(step for text in claim.measure.split("; ") for step in _steps(claim, text))


def kinds(claim: Claim) -> set[str]:
    """Return what the heavy measurements of a row are about; empty if none is heavy."""
    return {step.measurement.heavy for step in steps(claim)} - {""}


def group(claim: Claim) -> Measurement | None:
    """Return the measurement that rows share their work by: the heavy one if there is one, else the first."""
    mine = [step.measurement for step in steps(claim)]
    return next((one for one in mine if one.heavy), mine[0] if mine else None)


def _steps(claim: Claim, text: str) -> tuple[MeasureStep, ...]:
    """Read a measurement of a row: one step, or one for each name where it is carried out for several."""
    name, _, rest = text.partition(":")
    try:
        if name not in MEASUREMENTS:
            raise ValueError(f"there is no measurement {name!r}{_near(name, MEASUREMENTS)}")
        return _bound(claim, MEASUREMENTS[name], rest)
    except ValueError as error:
        raise LedgerInvalid(f"{claim.ledger}: {claim.id}: measure {text!r}: {error}") from None


@lru_cache(maxsize=MAX_KEPT)
def _bound(claim: Claim, found: Measurement, rest: str) -> tuple[MeasureStep, ...]:
    words = rest.split(",") if rest else []
    args = [word for word in words if not NAMED.match(word)]
    options = dict(word.split("=", 1) for word in words if NAMED.match(word))
    signature, hints = _annotated(found.run)
    try:
        bound = signature.bind(None, *args, **options)
    except TypeError as error:
        known = ", ".join(list(signature.parameters)[1:]) or "none"
        raise ValueError(f"{error}; the arguments of {found.name} are: {known}") from None
    given = dict(bound.arguments)
    each = next((name for name in given if hints.get(name) is Each), "case")
    made: list[MeasureStep] = []
    for one in (given[each] or "").split("+"):
        for name, word in [*given.items()][1:]:
            bound.arguments[name] = _read(claim, name, hints[name], one if name == each else word)
        made.append(MeasureStep(found, bound.args[1:], bound.kwargs))
    return tuple(made)


@cache
def _annotated(run: Run) -> tuple[inspect.Signature, dict[str, Any]]:
    """Look up the arguments of a measurement, and how they are read."""
    return inspect.signature(run), get_type_hints(run)


def _read(claim: Claim, name: str, hint: Any, word: Any) -> Any:
    """Read an argument as its annotation has it. ValueError if it cannot be read."""
    if isinstance(word, tuple):
        return tuple(_read(claim, name, hint, one) for one in word)
    if isinstance(word, dict):
        return {key: _read(claim, key, hint, one) for key, one in word.items()}
    if get_origin(hint) is Literal and word not in (known := get_args(hint)):
        raise ValueError(f"{name} is {word!r}, which is none of {', '.join(known)}")
    if hint in (str, Each) or get_origin(hint) is Literal:
        return word
    if hint == Point:
        at, _, wanted = word.partition(":")
        return _number(claim, name, at), wanted
    if hint in (int, float):
        return _number(claim, name, word, hint)
    if hint is bool and word not in ("True", "False"):
        raise ValueError(f"{name} is {word!r}, which is neither True nor False")
    return read_value(claim.value if word == CLAIM else word)


def read_value(word: str) -> Value:
    """Read a word as True, False or a number where it is one."""
    if word in ("True", "False"):
        return word == "True"
    for number in (int, float):
        try:
            return number(word)
        except ValueError:
            pass
    return word


def _number(claim: Claim, name: str, word: str, kind: type[float] = float) -> float:
    """Read a number, or one of the claim's with something added: `24.1`, `value`, `high+0.1`."""
    try:
        if kind is float and (match := RELATIVE.fullmatch(word)):
            which, more = match.groups()
            base = claim.number if which == "value" else claim.span[which == "high"]
            return round(base + float(more or 0), 9)
        return kind(word)
    except ValueError:
        raise ValueError(f"{name} is {word!r}, which is no number") from None


def _near(name: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(name, known, 1)
    return f", the nearest is {near[0]!r}" if near else ""
