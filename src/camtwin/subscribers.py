"""Subscribers: callables that are called on an event, in the order of their subscription.

    exposed = Subscribers[Exposure]()
    leave = exposed.subscribe(print)      # a token: calling it ends the subscription
    exposed(exposure)                     # calls them all
    leave()

No subscriber replaces another one, so nothing depends on who is constructed last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVarTuple

Ts = TypeVarTuple("Ts")
Leave: TypeAlias = Callable[[], None]


class Subscribers(Generic[*Ts]):
    """A list of callables that all take the same arguments."""

    __slots__ = ("_calls",)

    def __init__(self) -> None:
        self._calls: dict[object, Callable[[*Ts], object]] = {}

    def subscribe(self, call: Callable[[*Ts], object]) -> Leave:
        """Subscribe `call`; the returned token ends the subscription, and may be called again."""
        key = object()
        self._calls = {**self._calls, key: call}

        def leave() -> None:
            self._calls = {k: each for k, each in self._calls.items() if k is not key}

        return leave

    def __call__(self, *args: *Ts) -> None:
        """Call every subscriber; a subscription or its end takes effect from the next call on."""
        for call in self._calls.values():
            call(*args)

    def __bool__(self) -> bool:
        return bool(self._calls)
