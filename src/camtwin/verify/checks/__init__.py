"""The checks, a file a chapter of the sheet. Each is registered for rows of the ledger."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules


@lru_cache
def load() -> None:
    """Import every chapter, so that its checks are registered."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
