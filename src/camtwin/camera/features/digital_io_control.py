"""DigitalIOControl: the camera's input and output lines as logic levels."""
from __future__ import annotations

from collections.abc import Mapping

from camtwin.camera.features.rules import Acts, sequencing
from camtwin.genicam.nodes import Boolean, By, Chapter, Enumeration, Expert, Integer, Selector, When


def status(device: Acts, LineSelector: str) -> bool:
    return device.lines[LineSelector].status


def all_statuses(device: Acts) -> int:
    return sum(line.status << i for i, line in enumerate(device.lines.values()))


def one_way(LineSelector: str, inputs: list[str], outputs: list[str]) -> bool:
    """Lock the direction of a line that is only an input or only an output."""
    return not (LineSelector in inputs and LineSelector in outputs)


is_input = When(LineMode="Input")


is_output = When(LineMode="Output")


def all_outputs(UserOutputValue: Mapping[str, bool]) -> int:
    return sum(on << i for i, on in enumerate(UserOutputValue.values()))


def set_outputs(shown: int, settings: DigitalIOControl) -> dict[str, By[bool]]:
    names = settings.UserOutputValue
    return {"UserOutputValue": By({name: bool(shown >> i & 1) for i, name in enumerate(names)})}


# fmt: off
class DigitalIOControl(Chapter):
    LineSelector = Selector(
        "Selects the input or output line to configure.",
        "Line0 Line1 Line2 Line3 Line4", open=True)
    LineMode = Enumeration(
        "Sets whether the selected line is an input or an output. Locked for lines of fixed direction.",
        "Input Output", locked=one_way,
        only={"Input": lambda LineSelector, inputs: LineSelector in inputs,
              "Output": lambda LineSelector, outputs: LineSelector in outputs}).per("LineSelector")
    LineFormat = Enumeration(
        "Reports the electrical type of the selected line.",
        "OptoCoupled TTL", visibility=Expert, value=lambda LineSelector, formats: formats[LineSelector]
    ).per("LineSelector")
    LineInverter = Boolean("Inverts the signal of the selected line.", default=False).per("LineSelector")
    LineStatus = Boolean(
        "Reports the logical level of the selected line, after its inverter.",
        value=status, visibility=Expert).per("LineSelector")
    LineStatusAll = Integer(
        "Reports the logical levels of all lines, one bit per line from the first in bit 0.",
        form="HexNumber", value=all_statuses, visibility=Expert)
    LineSource = Enumeration(
        "Sets the signal that drives the selected output line. Available only while the line is an output.",
        "Off ExposureActive Timer1Active ReadoutActive UserOutput1 UserOutput2 UserOutput3 TriggerReady "
        "FrameBurstTriggerWait FlashWindow",
        open=True, available=is_output).per("LineSelector")
    UserOutputSelector = Selector(
        "Selects the user output that UserOutputValue sets.",
        "UserOutput1 UserOutput2 UserOutput3", open=True)
    UserOutputValue = Boolean(
        "Sets the level of the selected user output, which a line puts out if it is the line's source. Locked while "
        "the sequencer runs.",
        default=False, sequenced=True, locked=sequencing).per("UserOutputSelector")
    UserOutputValueAll = Integer(
        "Sets the levels of all user outputs at once, one bit per output from the first in bit 0. Locked while the "
        "sequencer runs.",
        form="HexNumber", max=7, sequenced=True, locked=sequencing, value=all_outputs, put=set_outputs)
