"""How a link's standard has a camera speak: byte order, name space, layout of its event messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

Order: TypeAlias = Literal["big", "little"]


class EventField(NamedTuple):
    """Where a message says something of an event: bytes from the event on; what node moves it, if any."""

    at: int
    length: int
    shifted_by: str = ""


@dataclass(frozen=True)
class Dialect:
    """name: by which feature declarations and data sheets call the link. namespace: StandardNameSpace.

    event_fields  by what they say: "" the event's id, Timestamp, FrameID; empty where nothing tells of them
    """

    name: str
    order: Order
    namespace: str
    event_fields: Mapping[str, EventField] = field(default_factory=dict)
