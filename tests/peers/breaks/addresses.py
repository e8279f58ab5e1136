"""What is wrong with a twin that looks for its address."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from peers.breaks.registry import breaks


@breaks
def lease_never_renewed() -> None:
    """A lease is for ever."""
    from camtwin.wire.ip import dhcp

    lease = dhcp._lease

    def endless(message: Any, since: int) -> Any:
        given = lease(message, since)
        return given and replace(given, renew_ns=None, rebind_ns=None, end_ns=None)

    dhcp._lease = endless


@breaks
def sockets_stay_behind() -> None:
    """The interface moves on, and the sockets stay at its first address."""
    from camtwin.links.gige import GigeLink

    move = GigeLink._rebind
    GigeLink._rebind = lambda self, to: None if self.interface.address else move(self, to)


@breaks
def no_link_local() -> None:
    from camtwin.wire.ip.linklocal import LinkLocal

    LinkLocal.start = lambda self, now: None


@breaks
def persistent_forgotten() -> None:
    """Written, and not looked at when it is switched on."""
    from camtwin.links import gige

    kept = gige.kept_of
    gige.kept_of = lambda port: replace(kept(port), use_persistent=False)


@breaks
def cable_unheard() -> None:
    from camtwin.links.addressing import Addressing

    def unmoved(self: Addressing) -> None:
        self._own.news.recv(1 << 16)

    Addressing._look = unmoved


@breaks
def every_broadcast_answered() -> None:
    """A twin answers what is broadcast in another twin's network."""
    from camtwin.links import sockets
    from camtwin.links.gige import GigeLink

    bound: Any = sockets.bound
    sockets.bound = lambda interface, *args, **named: bound(replace(interface, own=False), *args, **named)
    GigeLink._for_us = lambda self, data, ancillary: True
