"""The device whose features a tree describes, as far as the tree needs to know it."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from camtwin.genicam.nodes import Chapter

Key: TypeAlias = str | int | tuple[str | int, ...] | None
"""The selected entry that is meant; a tuple where a feature has several selectors, None where it has none."""
Shown: TypeAlias = bool | int | float | str | bytes
"""A value as the host sees it."""


class Writer(Enum):
    """Whoever changes settings."""

    HOST = auto()  # a host writes a feature
    AUTO = auto()  # automatic exposure or gain
    SEQUENCER = auto()  # a set of the sequencer
    USER_SET = auto()  # a user set is loaded, at power-up, too
    FILE = auto()  # a file is read into FileAccessBuffer


S = TypeVar("S", bound="Chapter")


class Device(Protocol[S]):
    """A running camera: it holds settings, and takes new ones."""

    @property
    def settings(self) -> S: ...
    def apply(self, new: S, /, *, by: Writer) -> None:
        """Put new settings in force. Refused where that cannot be, and nothing has changed."""
        ...


class At(NamedTuple):
    """Where and when a rule is asked. The device is handed on to rules that ask the running camera."""

    settings: Chapter
    device: object
    key: Key = None
