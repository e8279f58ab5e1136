"""What is wrong with features, and with the description that hosts read of them."""

from __future__ import annotations

from typing import Any

from peers.breaks.registry import breaks, edited, replaced


def description(old: str, new: str) -> None:
    from camtwin import genicam
    from camtwin.genicam import xml

    replaced(genicam, xml, "description", lambda write: lambda tree: edited(write(tree), old, new))


@breaks
def xml_dangling() -> None:
    description("<pMax>Width_Max</pMax>", "<pMax>Width_Most</pMax>")


@breaks
def xml_little_endian() -> None:
    description("<Endianess>BigEndian</Endianess>", "<Endianess>LittleEndian</Endianess>")


@breaks
def xml_wider() -> None:
    """The description promises what the camera does not take."""
    description("<Min>16</Min>", "<Min>8</Min>")


@breaks
def xml_all_cached() -> None:
    """Hosts are allowed to keep what changes by itself."""
    description("<Cachable>NoCache</Cachable>", "<Cachable>WriteThrough</Cachable>")


@breaks
def xml_unindexed() -> None:
    """Every line has the registers of the first."""
    description('<pIndex Offset="4">LineSelector_Value</pIndex>', "")


@breaks
def gain_unsaved() -> None:
    """The description says that no stored configuration has the gain."""
    from camtwin.camera.features.analog_control import AnalogControl

    object.__setattr__(AnalogControl.features["Gain"], "saved", False)


@breaks
def sequencer_stuck() -> None:
    from camtwin.camera.sequencer import Sequencer

    Sequencer.hear = lambda self, moment: None


@breaks
def sets_misnumbered() -> None:
    """A frame says the set after its own."""
    from camtwin.camera import chunks

    chunks.VALUES["SequencerSetActive"] = lambda e: e.sequencer_set + 1  # pyright: ignore[reportIndexIssue]


@breaks
def triggers_doubled() -> None:
    """A software trigger that bounces."""
    from camtwin.camera import Camera

    def bouncing(self: Camera, selector: str) -> None:
        self.emit("Software")
        self.clock.at(self.clock.now + 200_000_000, self.emit, "Software")

    Camera.trigger_software = bouncing


@breaks
def pulses_early() -> None:
    """Pulses of a line come a thousandth sooner than they are planned."""
    from camtwin.camera.lines import Line

    pulse = Line.pulse
    Line.pulse = lambda self, width_ns, *, period_ns=0, **named: pulse(
        self, width_ns, period_ns=period_ns * 999 // 1000, **named
    )


@breaks
def joint_ignored() -> None:
    """Features that always have one value are set apart."""
    from camtwin.genicam.bound import Node

    set_up = Node.__post_init__

    def apart(self: Node) -> None:
        set_up(self)
        self.joint = ()

    Node.__post_init__ = apart


@breaks
def limits_ignored() -> None:
    from camtwin.genicam.tree import Tree
    from camtwin.problem import Refused

    check = Tree._check

    def lenient(self: Tree, node: Any, shown: Any, at: Any) -> Any:
        try:
            return check(self, node, shown, at)
        except Refused:
            return shown

    Tree._check = lenient


@breaks
def writes_lost() -> None:
    """Acknowledged, and forgotten."""
    from camtwin.camera import Camera

    Camera.write = lambda self, address, data: None


@breaks
def locks_ignored() -> None:
    from camtwin.genicam.binding import Binder

    bind = Binder.bind_rules

    def unlocked(self: Binder, node: Any) -> None:
        bind(self, node)
        node.rules.pop("Locked", None)

    Binder.bind_rules = unlocked


@breaks
def events_unshifted() -> None:
    """The description knows one form of messages."""
    description("<Formula>WIDE * 8</Formula>", "<Formula>WIDE * 0</Formula>")


@breaks
def words_declared() -> None:
    """Entries have the declared words, not the model's."""
    from camtwin.genicam.nodes import Enumeration

    Enumeration.shown = lambda self, held: held
