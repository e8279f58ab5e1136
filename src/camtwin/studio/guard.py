"""The gate of an HTTP server of camtwin: who may ask, and how much. It knows no framework.

A server listens on this computer, but any web page that is open in a browser can send requests there. So
requests must name this server in Host, a page of another origin is refused, and whoever wants something has
to show a token, which only the starter of the server has seen.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MAX_BODY: Final = 64 * 1024
"""Limit of a request's body or of a message, in bytes."""
MAX_PAGES: Final = 8
"""Limit of pages that are connected at a time."""
MAX_STRANGERS: Final = 8
"""Limit of connections that have not shown the token yet."""
HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""Headers of every response."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that is refused: its HTTP status, and why in one line."""

    status: int
    reason: str


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class Guard:
    """The gate of one server.

    hosts  values of Host that name this server, `127.0.0.1:8765`
    token  what a client must show
    """

    hosts: frozenset[str]
    token: str = field(default_factory=new_token, repr=False)

    @classmethod
    def on(cls, address: str, port: int, token: str | None = None) -> Guard:
        """Return the gate of a server at an address; one on loopback is called localhost, too."""
        names = {address, "localhost"} if address in ("127.0.0.1", "::1") else {address}
        hosts = {f"[{name}]:{port}" if ":" in name else f"{name}:{port}" for name in names}
        return cls(frozenset(hosts), token or new_token())

    def refuses(self, headers: Mapping[str, str], *, wants_origin: bool = False) -> Refusal | None:
        """Return why a request is refused by its headers (names in lower case); None if it may pass.

        wants_origin  whether Origin must be there, as browsers send it when a page opens a WebSocket
        """
        host = headers.get("host", "")
        if host not in self.hosts:
            return Refusal(421, f"Host {host[:80]!r} is not this server")
        origin = headers.get("origin")
        if origin is None:
            return Refusal(403, "Origin is missing") if wants_origin else None
        if origin not in {f"http://{name}" for name in self.hosts}:
            return Refusal(403, f"Origin {origin[:80]!r} is not this server")
        return None

    def too_long(self, headers: Mapping[str, str]) -> Refusal | None:
        """Return why a request is refused for the length of its body; None if it may pass."""
        if "transfer-encoding" in headers:
            return Refusal(411, "a body needs a Content-Length")
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or len(length) > 12:
            return Refusal(400, f"Content-Length {length[:20]!r} is no length")
        if int(length) > MAX_BODY:
            return Refusal(413, f"a body of {length} bytes is above the maximum {MAX_BODY}")
        return None

    def knows(self, token: object) -> bool:
        """Tell whether a token is this server's, in a time that tells nothing about the token."""
        given = token if isinstance(token, str) else ""
        return hmac.compare_digest(given.encode(errors="replace"), self.token.encode())
