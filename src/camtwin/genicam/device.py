"""The device that a feature tree describes, as far as the tree needs to know it."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from camtwin.genicam.nodes import Chapter

Key: TypeAlias = str | int | tuple[str | int, ...] | None
"""A selected entry; a tuple of a feature with several selectors, None of one without."""
Shown: TypeAlias = bool | int | float | str | bytes
"""A value as the host sees it."""


class Writer(Enum):
    """The originator of a change of settings."""

    HOST = auto()  # a host writes a feature
    AUTO = auto()  # automatic exposure or gain
    SEQUENCER = auto()  # a set of the sequencer
    USER_SET = auto()  # a user set is loaded, at power-up, too
    SESSION = auto()  # a host is gone, and with it its lock
    FILE = auto()  # a file is read into FileAccessBuffer


S = TypeVar("S", bound="Chapter")


class Device(Protocol[S]):
    """A running camera that holds settings.

    parts  bytes written of numbers whose other bytes have not come yet: by register, and by place in it
    """

    parts: dict[int, dict[int, int]]

    @property
    def settings(self) -> S: ...
    def apply(self, new: S, /, *, by: Writer) -> None:
        """Apply new settings. If that is Refused, nothing has changed."""
        ...

    def wrote(self, name: str, shown: Shown, key: Key) -> None:
        """Report that a host wrote a feature, or executed a command, and was not refused."""
        ...


class At(NamedTuple):
    """The context in which a rule is evaluated; rules that read the running camera get `device`."""

    settings: Chapter
    device: object
    key: Key = None
