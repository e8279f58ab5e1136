"""Subscribers: everybody who wants to be told of something, in the order in which they came.

    exposed = Subscribers[Exposure]()
    leave = exposed.subscribe(print)      # a token: calling it ends the subscription
    exposed(exposure)                     # tells them all
    leave()

Nobody takes another one's place, so nothing depends on who is constructed last.
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
        """Tell `call` from now on; the token that is returned ends that, and may be called again."""
        key = object()
        self._calls = {**self._calls, key: call}

        def leave() -> None:
            self._calls = {k: each for k, each in self._calls.items() if k is not key}

        return leave

    def __call__(self, *args: *Ts) -> None:
        """Tell everybody who has subscribed; whoever joins or leaves meanwhile counts from the next call."""
        for call in self._calls.values():
            call(*args)

    def __bool__(self) -> bool:
        return bool(self._calls)
