"""Scenarios that a page may play: lessons of the package, and files beneath one folder of the user."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from camtwin.folders import load_text
from camtwin.problem import Problem
from camtwin.rig.scenario.schema import Scenario, parse
from camtwin.rig.scenario.steps import TimelineStep

LESSONS: Final = ("trigger-and-flash", "rolling-shutter-and-flicker", "where-noise-comes-from")
MAX_FILES: Final = 200
"""Limit of files that are listed."""
MAX_STEPS: Final = 500
"""Limit of steps that are shown."""


class Library:
    """Lessons by name, and scenarios beneath a folder; nothing outside of it is read.

    root  that folder; None: there are lessons only
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = root.resolve() if root else None

    def listed(self) -> list[dict[str, Any]]:
        """Return names and titles of all that can be played; files that are no scenarios are left out."""
        rows = list[dict[str, Any]]()
        for name in (*LESSONS, *self._files()):
            try:
                scenario = self.load(name)
            except (Problem, ValueError, OSError):
                continue
            rows.append({"name": name, "title": scenario.title or name, "lesson": name in LESSONS})
        return rows

    def _files(self) -> list[str]:
        if self.root is None:
            return []
        found = sorted(str(path.relative_to(self.root)) for path in self.root.glob("*.toml"))
        return found[:MAX_FILES]

    def load(self, name: object) -> Scenario:
        """Return a scenario.

        Raises:
            Problem: there is none of this name, or the file is no scenario
        """
        if name in LESSONS:
            text = (files("camtwin.studio") / "lessons" / f"{name}.toml").read_text(encoding="utf-8")
            return parse(text)
        path = self._beneath(name)
        text = load_text(str(path)) if path else None
        if text is None:
            raise Problem(
                f"no scenario {str(name)[:60]!r}; there are {', '.join((*LESSONS, *self._files()))}"
            )
        return parse(text)

    def _beneath(self, name: object) -> Path | None:
        """Return the file of this name; None if it is not there, or a link leads it out of the folder."""
        if self.root is None or not isinstance(name, str) or not name.endswith(".toml") or "\0" in name:
            return None
        path = (self.root / name).resolve()
        return path if path.is_relative_to(self.root) and path.is_file() else None


def _words(step: TimelineStep) -> str:
    """Return a step as people read it."""
    parameters = step.model_dump(exclude={"ms", "do"}, exclude_unset=True, by_alias=True)
    said = [
        ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        for value in parameters.values()
    ]
    return " ".join([step.do, *(f"{name} {value}" for name, value in zip(parameters, said, strict=True))])


def described(name: str, scenario: Scenario) -> dict[str, Any]:
    """Return what the page shows of a scenario: its text, and its steps in their order of time."""
    steps = sorted(scenario.timeline, key=lambda step: step.ms)
    return {
        "name": name,
        "title": scenario.title or name,
        "seconds": scenario.seconds,
        "text": [{"ms": part.ms, "text": part.text, "look": part.look} for part in scenario.lesson],
        "steps": [{"ms": step.ms, "text": _words(step)} for step in steps[:MAX_STEPS]],
    }
