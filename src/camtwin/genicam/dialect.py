"""Dialects: byte order, name space and event message layout that a link's standard prescribes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

Order: TypeAlias = Literal["big", "little"]


class EventField(NamedTuple):
    """Position of a value in an event message: bytes from the event on, and the node that shifts it."""

    at: int
    length: int
    shifted_by: str = ""


@dataclass(frozen=True)
class Dialect:
    """The dialect of one kind of link.

    name          of the link in feature declarations and data sheets
    namespace     StandardNameSpace of the description
    event_fields  by content: "" the event's id, Timestamp, FrameID; empty for a link without events
    """

    name: str
    order: Order
    namespace: str
    event_fields: Mapping[str, EventField] = field(default_factory=dict)
