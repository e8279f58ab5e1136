"""Break a twin that looks for its address."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mutations.registry import sabotage
from mutations.tools import everywhere


@sabotage("baumer.net.ip.dhcp")
def lease_never_renewed(patch: pytest.MonkeyPatch) -> None:
    """Let a lease last forever."""
    from camtwin.wire.ip import dhcp

    lease = dhcp._lease

    def endless(message: Any, since: int) -> Any:
        given = lease(message, since)
        return given and replace(given, renew_ns=None, rebind_ns=None, end_ns=None)

    everywhere(patch, dhcp, "_lease", endless)


@sabotage()
def sockets_stay_behind(patch: pytest.MonkeyPatch) -> None:
    """Leave the sockets at the interface's first address when it moves on."""
    from camtwin.links.gige.link import GigeLink

    move = GigeLink._rebind
    patch.setattr(GigeLink, "_rebind", lambda self, to: None if self.interface.address else move(self, to))


@sabotage()
def no_link_local(patch: pytest.MonkeyPatch) -> None:
    from camtwin.wire.ip.linklocal import LinkLocal

    patch.setattr(LinkLocal, "start", lambda self, now: None)


@sabotage("baumer.net.ip.persistent")
def persistent_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Written, and not looked at when it is switched on."""
    from camtwin.links.gige import link as gige

    kept = gige.stored_configuration
    everywhere(patch, gige, "stored_configuration", lambda port: replace(kept(port), use_persistent=False))


@sabotage()
def cable_unheard(patch: pytest.MonkeyPatch) -> None:
    from camtwin.links.gige.addressing import Addressing

    def unmoved(self: Addressing) -> None:
        self._own.news.recv(1 << 16)

    patch.setattr(Addressing, "_look", unmoved)


@sabotage()
def every_broadcast_answered(patch: pytest.MonkeyPatch) -> None:
    """Answer broadcasts in another twin's network."""
    from camtwin.links.gige import sockets
    from camtwin.links.gige.link import GigeLink

    bound: Any = sockets.bound
    everywhere(
        patch,
        sockets,
        "bound",
        lambda interface, *args, **named: bound(replace(interface, own=False), *args, **named),
    )
    patch.setattr(GigeLink, "_for_us", lambda self, data, ancillary: True)
