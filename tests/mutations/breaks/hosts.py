"""Break discovery, control and storage of a camera on a network."""

from __future__ import annotations

from typing import Any

import pytest

from mutations.registry import sabotage


@sabotage()
def user_sets_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Lose saved user sets at power-off."""
    from camtwin.links.base.storage import DiskStorage

    patch.setattr(DiskStorage, "store", lambda self, name, data: None)


@sabotage()
def user_sets_unheard(patch: pytest.MonkeyPatch) -> None:
    """Hosts are not told that a loaded set changes what they have read."""
    from camtwin.genicam.tree import Tree

    patch.setattr(Tree, "_changers", lambda self, node: [])


@sabotage()
def discovery_shifted(patch: pytest.MonkeyPatch) -> None:
    """Shift the fields of DISCOVERY_ACK by two bytes, as if the MAC address had no padding before it."""
    from camtwin.wire.gev.bootstrap import Registers

    answer = Registers.discovery
    patch.setattr(Registers, "discovery", lambda self: answer(self)[2:] + bytes(2))


@sabotage()
def macs_of_interfaces(patch: pytest.MonkeyPatch) -> None:
    """Take the hardware address of the interface, though other twins share it."""
    from camtwin.links.gige import link

    derived = link.mac_of
    patch.setattr(link, "mac_of", lambda at, serial: at.mac if any(at.mac) else derived(at, serial))


@sabotage()
def control_for_all(patch: pytest.MonkeyPatch) -> None:
    from camtwin.wire.gev.device import GevDevice

    write = GevDevice._write
    patch.setattr(
        GevDevice,
        "_write",
        lambda self, address, data, peer, now: write(self, address, data, self.controller or peer, now),
    )


@sabotage()
def heartbeat_endless(patch: pytest.MonkeyPatch) -> None:
    """Let a controller keep control, alive or not."""
    from camtwin.wire.gev.device import GevDevice

    patch.setattr(GevDevice, "_silence_ends", lambda self: None)


@sabotage()
def stream_goes_on(patch: pytest.MonkeyPatch) -> None:
    """Leave the stream open when control is lost."""
    from camtwin.camera import Camera
    from camtwin.links.gige.stream import GvspStream
    from camtwin.wire.gev.device import GevDevice

    patch.setattr(GvspStream, "close", lambda self: None)
    patch.setattr(Camera, "end_session", lambda self: None)
    patch.setattr(Camera, "change_stream", lambda self: None)
    device: Any = GevDevice
    target, last = device.target.fget, []

    def kept(self: GevDevice) -> Any:
        last.extend([now] if (now := target(self)) else [])
        return last[-1] if last else None

    patch.setattr(device, "target", property(kept))


@sabotage()
def lock_outlives(patch: pytest.MonkeyPatch) -> None:
    """Keep the lock on parameters when the host that set it is gone."""
    from camtwin.camera import Camera

    patch.setattr(Camera, "end_session", Camera.abort)


@sabotage()
def switchover_keyless(patch: pytest.MonkeyPatch) -> None:
    """Any key opens."""
    from camtwin.wire.gev import bootstrap
    from camtwin.wire.gev.device import GevDevice

    check = GevDevice._set_privilege

    def lenient(self: GevDevice, value: int, peer: Any, now: int) -> Any:
        self._words[bootstrap.SWITCHOVER_KEY] = value >> 16
        return check(self, value, peer, now)

    patch.setattr(GevDevice, "_set_privilege", lenient)


@sabotage()
def force_ip_registers_only(patch: pytest.MonkeyPatch) -> None:
    """FORCEIP is acknowledged, and no socket moves."""
    from camtwin.links.gige.link import GigeLink
    from camtwin.wire.gev.ports import NetworkLocation

    patch.setattr(
        GigeLink,
        "_change_address",
        lambda self, address, netmask, gateway: NetworkLocation(address, netmask, gateway),
    )


@sabotage()
def force_ip_always(patch: pytest.MonkeyPatch) -> None:
    """FORCEIP moves a camera that somebody is using."""
    from camtwin.wire.gev.device import GevDevice

    move = GevDevice._force_ip

    def careless(self: GevDevice, request: Any) -> Any:
        self.controller, controller = None, self.controller
        try:
            return (yield from move(self, request))
        finally:
            self.controller = controller

    patch.setattr(GevDevice, "_force_ip", careless)


@sabotage()
def sockets_inherited(patch: pytest.MonkeyPatch) -> None:
    """Let a process that outlives the twin inherit its sockets."""
    import os
    import time

    from camtwin.links.gige.link import GigeLink

    make = GigeLink.__init__

    def haunted(self: GigeLink, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        if not os.fork():
            os.closerange(0, 3)
            time.sleep(60)
            os._exit(0)

    patch.setattr(GigeLink, "__init__", haunted)


@sabotage()
def pending_silent(patch: pytest.MonkeyPatch) -> None:
    """Nobody is told that a save takes its time."""
    from camtwin.wire.gev.device import GevDevice

    patch.setattr(GevDevice, "_still_pending", lambda self, now: [])


@sabotage()
def pending_in_camera_time(patch: pytest.MonkeyPatch) -> None:
    """Report the time of a save in camera time, whatever the pace."""
    from camtwin.wire.pending import Pending

    left = Pending.left_ms
    patch.setattr(Pending, "left_ms", lambda self, now: left(self, now) // 14)


@sabotage()
def pending_forgets_heartbeat(patch: pytest.MonkeyPatch) -> None:
    """Require heartbeats of a host that waits for an acknowledge."""
    from camtwin.wire.gev.device import GevDevice

    tick = GevDevice.tick

    def strict(self: GevDevice, now: int) -> Any:
        due = self._heard_ns + 3 * 10**9
        yield from tick(self, now)
        if self.controller and now >= due:
            yield from self._lose_control()

    patch.setattr(GevDevice, "tick", strict)


@sabotage()
def saves_take_no_time(patch: pytest.MonkeyPatch) -> None:
    from camtwin.camera import Camera

    patch.setattr(Camera, "busy_ns", property(lambda self: 0))


@sabotage()
def pending_again_and_again(patch: pytest.MonkeyPatch) -> None:
    """Restart a slow command that is sent again meanwhile."""
    from camtwin.wire.gev.device import GevDevice

    receive = GevDevice.receive

    def forgetful(self: GevDevice, data: bytes, peer: Any, now: int) -> Any:
        self._pending = self._written = None
        return receive(self, data, peer, now)

    patch.setattr(GevDevice, "receive", forgetful)


def _unheard(patch: pytest.MonkeyPatch, name: str) -> None:
    """Acknowledge what hosts write to a feature, and forget it."""
    from camtwin.genicam.tree import Tree

    changed = Tree._changed

    def forget(self: Tree[Any], settings: Any, node: Any, key: Any, shown: Any) -> Any:
        return settings if node.feature.name == name else changed(self, settings, node, key, shown)

    patch.setattr(Tree, "_changed", forget)


@sabotage()
def rates_unheard(patch: pytest.MonkeyPatch) -> None:
    """Never limit the frame rate, whatever hosts enable."""
    _unheard(patch, "AcquisitionFrameRateEnable")


@sabotage()
def black_level_unheard(patch: pytest.MonkeyPatch) -> None:
    _unheard(patch, "BlackLevel")


@sabotage()
def starts_run_out(patch: pytest.MonkeyPatch) -> None:
    """Start an acquisition five times, and never again."""
    from camtwin.camera import Camera

    start, left = Camera.start, iter(range(5))
    patch.setattr(Camera, "start", lambda self: start(self) if next(left, None) is not None else None)
