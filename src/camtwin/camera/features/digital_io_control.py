"""DigitalIOControl: the camera's lines, as logic."""
from __future__ import annotations

from collections.abc import Mapping

from camtwin.camera.features.rules import Acts, sequencing
from camtwin.genicam.nodes import Boolean, By, Chapter, Enumeration, Expert, Integer, Selector, When


def status(device: Acts, LineSelector: str) -> bool:
    return device.lines[LineSelector].status


def all_statuses(device: Acts) -> int:
    return sum(line.status << i for i, line in enumerate(device.lines.values()))


def one_way(LineSelector: str, inputs: list[str], outputs: list[str]) -> bool:
    """A line that is no GPIO keeps its direction."""
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
    LineSelector = Selector("The line that is set up.", "Line0 Line1 Line2 Line3 Line4", open=True)
    LineMode = Enumeration("Direction of the line.", "Input Output", locked=one_way, only={
        "Input": lambda LineSelector, inputs: LineSelector in inputs,
        "Output": lambda LineSelector, outputs: LineSelector in outputs}).per("LineSelector")
    LineFormat = Enumeration("Electrical form of the line.", "OptoCoupled TTL", visibility=Expert,
                             value=lambda LineSelector, formats: formats[LineSelector]).per("LineSelector")
    LineInverter = Boolean("Inverts the line.", default=False).per("LineSelector")
    LineStatus = Boolean("Level of the line, as the camera has it inside.", value=status, visibility=Expert,
                         ).per("LineSelector")
    LineStatusAll = Integer("Levels of all lines, a bit each.", form="HexNumber", value=all_statuses, visibility=Expert)
    LineSource = Enumeration("What drives an output.", "Off ExposureActive Timer1Active ReadoutActive UserOutput1 UserOutput2 "
                             "UserOutput3 TriggerReady FrameBurstTriggerWait FlashWindow", open=True, available=is_output).per("LineSelector")
    UserOutputSelector = Selector("The user output that is set.", "UserOutput1 UserOutput2 UserOutput3", open=True)
    UserOutputValue = Boolean("Level of the user output.", default=False, sequenced=True, locked=sequencing,
                              ).per("UserOutputSelector")
    UserOutputValueAll = Integer("Levels of all user outputs, a bit each.", form="HexNumber", max=7, sequenced=True,
                                 locked=sequencing, value=all_outputs, put=set_outputs)
