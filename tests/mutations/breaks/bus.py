"""Break the bus of a bare sensor, as programs on it see it."""

from __future__ import annotations

import pytest

from mutations.registry import sabotage


@sabotage()
def bus_id_swapped(patch: pytest.MonkeyPatch) -> None:
    """Swap the bytes of each 16-bit address, as a host does that has them the other way round."""
    from camtwin.wire.csi2 import cci

    put = cci.Bus._put

    def swapped(self: cci.Bus, address: int, place: int, byte: int, upper: int) -> bool:
        done = put(self, address, place, byte, upper)
        if place == 1:
            for target in self.targets:
                if isinstance(target, cci.Port):
                    continue
                target.index = byte << 8 | upper
        return done

    patch.setattr(cci.Bus, "_put", swapped)


@sabotage()
def bus_acknowledges_all(patch: pytest.MonkeyPatch) -> None:
    """Answer at every address."""
    from camtwin.wire.csi2.cci import Bus

    patch.setattr(Bus, "_acknowledged", staticmethod(lambda _: True))
    patch.setattr(Bus, "_put", lambda *_: True)


@sabotage()
def bus_own_address_lost(patch: pytest.MonkeyPatch) -> None:
    """Forget the address that a program has set for its open file."""
    from camtwin.wire import i2c

    parse = i2c.parse
    patch.setattr(i2c, "parse", lambda body, _: parse(body, 0))


@sabotage()
def bus_writes_lost(patch: pytest.MonkeyPatch) -> None:
    """Acknowledge what is written, and keep nothing of it."""
    from camtwin.camera.registers.register_file import RegisterFile

    patch.setattr(RegisterFile, "write", lambda *_: True)


@sabotage()
def bus_nameless(patch: pytest.MonkeyPatch) -> None:
    """Say nothing of a bus in sysfs."""
    from camtwin.links.base import devices

    patch.setattr(devices, "_describe", lambda *_: None)
