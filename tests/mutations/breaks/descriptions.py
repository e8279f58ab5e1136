"""Break features, and the description that hosts read of them."""

from __future__ import annotations

from typing import Any

import pytest

from mutations.registry import sabotage
from mutations.tools import edited, everywhere


def description(patch: pytest.MonkeyPatch, old: str, new: str) -> None:
    from camtwin.genicam import xml

    write = xml.description
    everywhere(patch, xml, "description", lambda *of: edited(write(*of), old, new))


@sabotage()
def xml_dangling(patch: pytest.MonkeyPatch) -> None:
    description(patch, "<pMax>Width_Max</pMax>", "<pMax>Width_Most</pMax>")


@sabotage()
def xml_little_endian(patch: pytest.MonkeyPatch) -> None:
    description(patch, "<Endianess>BigEndian</Endianess>", "<Endianess>LittleEndian</Endianess>")


@sabotage("baumer.sfnc.version")
def xml_of_usb(patch: pytest.MonkeyPatch) -> None:
    """Give the features the standard names of another link."""
    description(patch, 'StandardNameSpace="GEV"', 'StandardNameSpace="USB"')


@sabotage()
def xml_wider(patch: pytest.MonkeyPatch) -> None:
    """Promise values in the description that the camera does not accept."""
    description(patch, "<Min>16</Min>", "<Min>8</Min>")


@sabotage()
def xml_all_cached(patch: pytest.MonkeyPatch) -> None:
    """Hosts are allowed to keep what changes by itself."""
    description(patch, "<Cachable>NoCache</Cachable>", "<Cachable>WriteThrough</Cachable>")


@sabotage()
def xml_unindexed(patch: pytest.MonkeyPatch) -> None:
    """Every line has the registers of the first."""
    description(patch, '<pIndex Offset="4">LineSelector_Value</pIndex>', "")


@sabotage()
def gain_unsaved(patch: pytest.MonkeyPatch) -> None:
    """Describe the gain as part of no stored configuration."""
    from camtwin.camera.features.analog_control import AnalogControl

    patch.setitem(vars(AnalogControl.features["Gain"]), "saved", False)


@sabotage()
def sequencer_stuck(patch: pytest.MonkeyPatch) -> None:
    from camtwin.camera.signals.sequencer import Sequencer

    patch.setattr(Sequencer, "on_moment", lambda self, moment: None)


@sabotage()
def sets_misnumbered(patch: pytest.MonkeyPatch) -> None:
    """Let a frame report the set after its own."""
    from camtwin.camera.reports import chunks

    patch.setitem(chunks.VALUES, "SequencerSetActive", lambda e: e.sequencer_set + 1)


@sabotage()
def triggers_doubled(patch: pytest.MonkeyPatch) -> None:
    """Let a software trigger bounce."""
    from camtwin.camera import Camera

    def bouncing(self: Camera, selector: str) -> None:
        self.emit("Software")
        self.clock.at(self.clock.now + 200_000_000, self.emit, "Software")

    patch.setattr(Camera, "trigger_software", bouncing)


@sabotage()
def pulses_early(patch: pytest.MonkeyPatch) -> None:
    """Pulses of a line come a thousandth sooner than they are planned."""
    from camtwin.camera.signals.lines import Line

    pulse = Line.pulse
    patch.setattr(
        Line,
        "pulse",
        lambda self, width_ns, *, period_ns=0, **named: pulse(
            self, width_ns, period_ns=period_ns * 999 // 1000, **named
        ),
    )


@sabotage()
def joint_ignored(patch: pytest.MonkeyPatch) -> None:
    """Features that always have one value are set apart."""
    from camtwin.genicam.bound import Node

    set_up = Node.__post_init__

    def apart(self: Node) -> None:
        set_up(self)
        self.joint = ()

    patch.setattr(Node, "__post_init__", apart)


@sabotage()
def limits_ignored(patch: pytest.MonkeyPatch) -> None:
    from camtwin.genicam.tree import Tree
    from camtwin.problem import Refused

    check = Tree._check

    def lenient(self: Tree, node: Any, shown: Any, at: Any) -> Any:
        try:
            return check(self, node, shown, at)
        except Refused:
            return shown

    patch.setattr(Tree, "_check", lenient)


@sabotage()
def writes_lost(patch: pytest.MonkeyPatch) -> None:
    """Acknowledged, and forgotten."""
    from camtwin.camera import Camera

    patch.setattr(Camera, "write", lambda self, address, data: None)


@sabotage()
def locks_ignored(patch: pytest.MonkeyPatch) -> None:
    from camtwin.genicam.binding import Binder

    bind = Binder.bind_rules

    def unlocked(self: Binder, node: Any) -> None:
        bind(self, node)
        node.rules.pop("Locked", None)

    patch.setattr(Binder, "bind_rules", unlocked)


@sabotage()
def events_unshifted(patch: pytest.MonkeyPatch) -> None:
    """Describe only one form of event messages."""
    description(patch, "<Formula>WIDE * 8</Formula>", "<Formula>WIDE * 0</Formula>")


@sabotage()
def words_declared(patch: pytest.MonkeyPatch) -> None:
    """Entries have the declared words, not the model's."""
    from camtwin.genicam.nodes import Enumeration

    patch.setattr(Enumeration, "shown", lambda self, held: held)
