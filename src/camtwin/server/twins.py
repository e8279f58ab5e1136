"""Twins of the HTTP server, by name: each is served to clients as the pytest plugin serves one.

Files are those beneath the server's root, and addresses are the server's choice: a client names neither a
path elsewhere nor an interface.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

from camtwin import scene
from camtwin.camera.links import CSI2, GIGE, KINDS, USB3, V4L2
from camtwin.files import load_picture
from camtwin.genicam.nodes import Enumeration, Numeric
from camtwin.models import CameraSheet, SheetInvalid, cameras, load
from camtwin.problem import Problem, nearest
from camtwin.server import requests
from camtwin.session.session import Session
from camtwin.studio.twins import MAX_TWINS
from camtwin.testing.served import GentlTwin, GigeTwin, Served, UsbTwin, V4l2Twin, serve
from camtwin.testing.stage import Injection
from camtwin.testing.twin import Wanted

NETWORK: Final = 254
"""Twins on a network are at 127.0.254.1 and up, away from those of tests and of `camtwin run`."""
CLASSES: Final = {GIGE: GigeTwin, USB3: UsbTwin, V4L2: V4l2Twin, CSI2: GentlTwin}


class NoSuchThing(Problem):
    """A twin or a feature that is not there."""


class Full(Problem):
    """As many twins as there may be."""


class ServedTwins:
    """Twins by name; its methods may be called from any thread.

    root  the folder of data sheets and images that requests may name; None: they may name none
    """

    def __init__(self, root: Path | None = None) -> None:
        self._root = root.resolve() if root else None
        self._lock = threading.Lock()
        self._twins: dict[str, tuple[Served, CameraSheet, ExitStack]] = {}
        self._count = 0

    # -- create and remove -------------------------------------------------------------------------------
    def create(self, asked: requests.CreateBody) -> requests.TwinAnswer:
        """Serve a twin; return once clients can discover it.

        Raises:
            Full: there are MAX_TWINS already
            Problem, ValueError: the model, the scene, a setting or a fault is wrong
        """
        model = self._model(asked.model)
        wanted = Wanted(
            model=model,
            scene=scene.parse(asked.scene, self._picture),
            serial=asked.serial,
            set=asked.set,
            faults=[f if isinstance(f, str) else f.model_dump(exclude_none=True) for f in asked.faults],
            plan=self._plan(asked.plan),
        )
        sheet = load(model)
        make = GentlTwin if asked.gentl else CLASSES[KINDS[sheet.link]]
        with self._lock:
            if len(self._twins) >= MAX_TWINS:
                raise Full(f"{len(self._twins)} twins run, which is the maximum; remove one")
            with ExitStack() as stack:
                (twin,) = serve(
                    [wanted], asked.seed, make=make, network=NETWORK, pace=asked.pace, stack=stack
                )
                self._count += 1
                name = f"cam{self._count}"
                self._twins[name] = twin, sheet, stack.pop_all()
        return self.inspect(name)

    def remove(self, name: str) -> None:
        """End a twin; its clients lose it."""
        with self._lock:
            _, _, stack = self._found(name)
            del self._twins[name]
        stack.close()

    def close(self) -> None:
        """End all twins."""
        for name in [*self._twins]:
            with suppress(NoSuchThing):
                self.remove(name)

    # -- look --------------------------------------------------------------------------------------------
    @property
    def names(self) -> list[str]:
        """Names of the twins that run."""
        return [*self._twins]

    def inspect(self, name: str) -> requests.TwinAnswer:
        """Return what is known of a twin."""
        twin, sheet, _ = self._found(name)
        return requests.TwinAnswer(
            name=name,
            model=sheet.name,
            title=sheet.title,
            link="GenTL" if isinstance(twin, GentlTwin) else KINDS[sheet.link].title,
            where=twin.where,
            serial=twin.serial,
            seed=twin.seed,
            now_ns=twin.ask(lambda cam: cam.now),
            problems=twin.problems,
        )

    def seen(self, name: str, *, clear: bool = False) -> requests.SeenAnswer:
        """Return what reached a twin; clear: and forget it."""
        twin, _, _ = self._found(name)

        def look(_: Session) -> requests.SeenAnswer:
            seen = twin.seen
            found = requests.SeenAnswer(
                writes=seen.writes,
                commands=seen.commands,
                refusals=seen.refusals,
                triggers=seen.triggers,
                missed_triggers=seen.missed_triggers,
                exposures=seen.exposures,
                resends=[(each.block, each.first, each.last) for each in seen.resends],
                clients=seen.clients,
                forgotten=seen.forgotten,
            )
            if clear:
                seen.clear()
            return found

        return twin.ask(look)

    def feature(self, name: str, feature: str) -> requests.FeatureAnswer:
        """Return a feature as it is now."""
        return self._found(name)[0].ask(lambda cam: _feature(cam, feature))

    # -- change ------------------------------------------------------------------------------------------
    def write(self, name: str, feature: str, value: requests.Value) -> requests.FeatureAnswer:
        """Write a feature as a host would; return what the camera has made of it."""

        def write(cam: Session) -> requests.FeatureAnswer:
            _known(cam, feature)
            setattr(cam, feature, value)
            return _feature(cam, feature)

        return self._found(name)[0].ask(write)

    def execute(self, name: str, command: str) -> None:
        """Execute a command as a host would."""

        def execute(cam: Session) -> None:
            _known(cam, command)
            if cam.twin.camera.tree.find(command).feature.node != "Command":
                raise Problem(f"{command} is no command; write it")
            getattr(cam, command)()

        self._found(name)[0].ask(execute)

    def inject(self, name: str, asked: requests.InjectBody) -> requests.InjectedAnswer:
        """Let something happen to a twin: now, or at a moment."""
        given = asked.model_dump(exclude_none=True)
        word = given.pop("word")
        if reserved := given.keys() & {"camera", "self"}:
            raise Problem(f"{word}: {', '.join(sorted(reserved))} is the twin's own; leave it out")
        injection: Injection = self._found(name)[0].inject(word, **given)
        return requests.InjectedAnswer(word=str(injection.word), at_ns=injection.at_ns)

    # -- what a client may name --------------------------------------------------------------------------
    def _found(self, name: str) -> tuple[Served, CameraSheet, ExitStack]:
        if name not in self._twins:
            raise NoSuchThing(f"no twin {name!r:.60}{nearest(name, self._twins)}")
        return self._twins[name]

    def _model(self, name: str) -> str:
        if name in cameras():
            return name
        return str(self._file(name, "model")) if name.endswith(".toml") else load(_bare(name)).name

    def _picture(self, path: str) -> Any:
        return load_picture(str(self._file(path, "scene")))

    def _file(self, path: str, what: str) -> Path:
        """Return a file beneath the root; one that is not there is refused as one elsewhere is."""
        found = (self._root / path).resolve() if self._root and "\0" not in path else None
        if not found or not self._root or not found.is_relative_to(self._root) or not found.exists():
            where = "beneath the server's root" if self._root else "and the server has no root"
            raise Problem(f"{what} {path!r:.80} is no file {where}")
        return found

    def _plan(self, plan: dict[str, Any] | None) -> Mapping[str, Any] | None:
        devices = (plan or {}).get("devices", {})
        for device in devices.values() if isinstance(devices, dict) else ():
            if isinstance(device, dict) and isinstance(model := device.get("model"), str):
                device["model"] = self._model(model)
        return plan


def _bare(name: str) -> str:
    """Return a name that is no path; UnknownModel tells the nearest one of it."""
    if "/" in name or "\\" in name or "\0" in name or name.startswith("."):
        raise Problem(f"model {name!r:.80} is a path; a data sheet's name ends in .toml")
    return name


def _known(cam: Session, feature: str) -> None:
    if not cam.has(feature):
        raise NoSuchThing(f"no feature {feature!r:.60}{nearest(feature, cam.features())}")


def _feature(cam: Session, name: str) -> requests.FeatureAnswer:
    _known(cam, name)
    node = cam.twin.camera.tree.find(name).feature
    found = requests.FeatureAnswer(name=name, access=cam.access(name))  # type: ignore[arg-type]
    if node.node == "Command" or found.access in ("NA", "WO"):
        return found
    value = getattr(cam, name)
    found.value = value.hex() if isinstance(value, bytes) else value
    if isinstance(node, Numeric):
        found.min, found.max = cam.limits(name)
    if isinstance(node, Enumeration):
        found.entries = list(cam.entries(name))
    return found


def models() -> list[requests.ModelAnswer]:
    """Return the models that have a twin."""
    rows = list[requests.ModelAnswer]()
    for name, (place, _) in cameras().items():
        with suppress(SheetInvalid):
            sheet = load(place)
            rows.append(
                requests.ModelAnswer(
                    model=name, title=sheet.title, sensor=sheet.sensor.title, link=KINDS[sheet.link].title
                )
            )
    return rows
