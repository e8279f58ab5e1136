"""Formulas of GenICam descriptions, evaluated by a parser of our own in int64 or double.

The grammar is that of GenApi's SwissKnife: `? :`, `|| && = <> < > <= >= + - * / % | ^ & << >> **`, unary
`- + ~`, functions of one argument, ROUND with two, PI and E; no names but the variables. A value that nobody
knows is None, and so is what depends on it; `?:`, `&&` and `||` need only what decides them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from camtwin.problem import Problem

Value: TypeAlias = int | float | None
MAX_CHARS: Final = 4096
MAX_DEPTH: Final = 64
"""Limit of parentheses within parentheses."""
TOKEN: Final = re.compile(
    r"\s*(0[xX][0-9A-Fa-f]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[A-Za-z_][A-Za-z0-9_.]*"
    r"|\*\*|<<|>>|<=|>=|<>|!=|==|&&|\|\||[-+*/%&|^~<>=?:(),])"
)
RANKS: Final[Mapping[str, int]] = {
    op: rank
    for rank, ops in enumerate(("|| && = == <> != < > <= >=", "+ -", "* / %", "| ^ & << >> **"))
    for op in ops.split()
}
"""Binary operators by how strongly they bind in the reference GenApi; equal ones from left to right."""
CONSTANTS: Final = {"PI": math.pi, "E": math.e}


class FormulaInvalid(Problem):
    """A formula that cannot be read; one line that says where."""


def _sign(x: float) -> int:
    return (x > 0) - (x < 0)


def _round(x: float) -> float:
    return math.copysign(math.floor(abs(x) + 0.5), x)


FUNCTIONS: Final[Mapping[str, Callable[[float], float]]] = {
    "SGN": _sign, "NEG": lambda x: -x, "ABS": abs, "SQRT": math.sqrt, "EXP": math.exp, "LN": math.log,
    "LG": math.log10, "SIN": math.sin, "COS": math.cos, "TAN": math.tan, "ASIN": math.asin, "ACOS": math.acos,
    "ATAN": math.atan, "TRUNC": math.trunc, "FLOOR": math.floor, "CEIL": math.ceil, "ROUND": _round,
}  # fmt: skip


def evaluate(text: str, variables: Mapping[str, Value], *, whole: bool) -> Value:
    """Return the value of a formula, None if it depends on an unknown one or has none, as 1/0.

    Args:
        text: the formula.
        variables: its variables by name; None is unknown.
        whole: whether it counts in int64, as IntSwissKnife does; else in double.

    Raises:
        FormulaInvalid: it is too long, nested too deeply, or not a formula
    """
    if len(text) > MAX_CHARS:
        raise FormulaInvalid(f"formula of {len(text)} characters: at most {MAX_CHARS}")
    reader = _Reader(_tokens(text), variables, whole)
    value = reader.choice(0)
    if reader.next():
        raise FormulaInvalid(f"formula {text!r:.60}: nothing can follow before {reader.next()!r}")
    return wrapped(value) if whole else value


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        if not (found := TOKEN.match(text, at)):
            raise FormulaInvalid(
                f"formula {text!r:.60}: {text[at : at + 10].strip()!r} is no part of a formula"
            )
        tokens.append(found[1])
        at = found.end()
    return tokens


def wrapped(value: Value) -> Value:
    """Return a value as int64 holds it: without its fraction, modulo 2^64."""
    if value is None or not math.isfinite(value):
        return None
    return (int(value) + 2**63) % 2**64 - 2**63


class _Reader:
    """Evaluates tokens from the left to the right; only parentheses and the like are recursive."""

    def __init__(self, tokens: list[str], variables: Mapping[str, Value], whole: bool) -> None:
        self.tokens, self.at, self.variables, self.whole = tokens, 0, variables, whole

    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.next()
        self.at += 1
        return token

    def expect(self, token: str) -> None:
        if (found := self.take()) != token:
            raise FormulaInvalid(f"formula: {found or 'its end'!r} stands where {token!r} must")

    def choice(self, depth: int) -> Value:
        """Read `condition ? value : value`; another `?` takes all before it as its condition."""
        if depth > MAX_DEPTH:
            raise FormulaInvalid(f"formula: is nested more than {MAX_DEPTH} deep")
        value = self.binary(0, depth)
        while self.next() == "?":
            self.take()
            chosen = self.choice(depth + 1)
            self.expect(":")
            other = self.binary(0, depth)
            value = None if value is None else chosen if value else other
        return value

    def binary(self, lowest: int, depth: int) -> Value:
        """Read operands and operators that bind at least so strongly, by the ranks of operators."""
        left = self.unary(depth)
        while (rank := RANKS.get(self.next(), -1)) >= lowest:
            op = self.take()
            right = self.binary(rank + 1, depth)
            left = self._combined(op, left, right)
        return left

    def unary(self, depth: int) -> Value:
        signs: list[str] = []
        while self.next() in ("-", "+", "~") and self.next():
            signs.append(self.take())
        value = self.atom(depth)
        for sign in reversed(signs):
            if value is not None and sign != "+":
                value = -value if sign == "-" else ~int(value) if math.isfinite(value) else None
        return value

    def atom(self, depth: int) -> Value:
        token = self.take()
        if token == "(":
            value = self.choice(depth + 1)
            self.expect(")")
            return value
        if token[:1].isdigit() or (token[:1] == "." and token != "."):
            return self._number(token)
        if self.next() == "(" and token.upper() in FUNCTIONS:
            return self._called(token.upper(), depth)
        if token in self.variables:
            return self.variables[token]
        if token in CONSTANTS:
            return CONSTANTS[token]
        known = "is no variable of it" if token[:1].isalpha() or token[:1] == "_" else "is no value"
        raise FormulaInvalid(f"formula: {token or 'its end'!r:.60} {known}")

    def _number(self, token: str) -> Value:
        if token[:2] in ("0x", "0X"):
            return int(token, 16)
        return int(token) if token.isdigit() else float(token)

    def _called(self, name: str, depth: int) -> Value:
        self.expect("(")
        value = self.choice(depth + 1)
        digits: Value = 0
        if name == "ROUND" and self.next() == ",":
            self.take()
            digits = self.choice(depth + 1)
        self.expect(")")
        if value is None or digits is None:
            return None
        scale = 10.0 ** max(-30, min(30, int(digits))) if math.isfinite(digits) else 1.0
        try:
            return FUNCTIONS[name](value * scale) / scale if digits else FUNCTIONS[name](value)
        except (ValueError, OverflowError):
            return None

    def _combined(self, op: str, left: Value, right: Value) -> Value:
        if op in ("&&", "||"):
            return _logic(op == "||", left, right)
        if left is None or right is None:
            return None
        try:
            value = _whole(op, left, right) if self.whole else _real(op, left, right)
        except (ZeroDivisionError, OverflowError, ValueError):
            return None
        return wrapped(value) if self.whole else value


def _logic(either: bool, left: Value, right: Value) -> Value:
    """Return the disjunction, or the conjunction, where one side may decide it alone."""
    for side in (left, right):
        if side is not None and bool(side) == either:
            return int(either)
    return None if left is None or right is None else int(not either)


def _compared(op: str, left: float, right: float) -> int | None:
    match op:
        case "=" | "==":
            return int(left == right)
        case "<>" | "!=":
            return int(left != right)
        case "<":
            return int(left < right)
        case ">":
            return int(left > right)
        case "<=":
            return int(left <= right)
        case ">=":
            return int(left >= right)
        case _:
            return None


def _bits(op: str, left: float, right: float) -> int | None:
    a, b = int(left), int(right)
    match op:
        case "&":
            return a & b
        case "|":
            return a | b
        case "^":
            return a ^ b
        case "<<":
            return a << b if 0 <= b < 64 else 0
        case ">>":
            return a >> b if 0 <= b < 64 else 0
        case _:
            return None


def _whole(op: str, left: float, right: float) -> Value:
    """Return the result in int64: division goes towards zero, and a remainder has the dividend's sign."""
    for found in (_compared(op, left, right), _bits(op, left, right)):
        if found is not None:
            return found
    a, b = int(left), int(right)
    match op:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        case "%":
            return abs(a) % abs(b) * (1 if a >= 0 else -1)
        case _:
            return pow(a, b, 2**64) if b >= 0 else int(float(a) ** b)


def _real(op: str, left: float, right: float) -> Value:
    for found in (_compared(op, left, right), _bits(op, left, right)):
        if found is not None:
            return found
    a, b = float(left), float(right)
    match op:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return a / b
        case "%":
            return math.fmod(a, b)
        case _:
            power = a**b
            return power if isinstance(power, float) else None
