"""Find sheets: by their paths, in the user's folders, in other packages, and in this one.

A name is looked for in the folders that CAMTWIN_SHEETS names, in the user's data folder, in packages that
name one as an entry point, and in camtwin itself; the first sheet of that name is used. A path ends with
.toml. What belongs to a camera lies beside its sheet: `NAME.rig.toml`, `NAME.tsv` with its ledger, and the
sheet of its sensor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.util import find_spec
from typing import Final, Literal

from camtwin.folders import TextProblem, data_folder, folders_of, load_text, texts_in
from camtwin.models.documents import Document, invalid
from camtwin.models.provenance import SheetInvalid
from camtwin.problem import nearest

Kind = Literal["camera", "sensor", "rig"]
VARIABLE: Final = "CAMTWIN_SHEETS"
GROUP: Final = "camtwin.sheets"
"""Entry points of other packages: each names a package in whose folder sheets lie."""
SUFFIX, RIG = ".toml", ".rig.toml"
RECORDING: Final = "recording"
"""Name of the sheet in the folder of a recording, which is named by its folder."""
ROOM: Final = files("camtwin.models")
IN_PACKAGE: Final[dict[Kind, str]] = {"camera": "cameras", "sensor": "sensors", "rig": "rigs"}
USUAL: Final = "usual"
"""Word of `like` for what a camera or a sensor has where nobody says more of it; each row an assumption."""
MAX_KEPT: Final = 64
"""Limit of sheets that are kept once they are read."""
MAX_CHAIN: Final = 16
"""Limit of sheets of which each is like the next."""
OF_SENSORS: Final = {"parameters", "timing", "modes", "shutter", "registers"}
"""Words by which the sheet of a sensor is told from that of a camera in the same folder."""


class UnknownModel(SheetInvalid):
    """There is no data sheet of that name."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder of the search path. origin: why it is on it, for people; folder: "" for camtwin itself."""

    origin: str
    folder: str


def shelves() -> list[Shelf]:
    """Return the places that a sheet is looked for in, in their order."""
    return [
        *(Shelf(VARIABLE, folder) for folder in folders_of(VARIABLE)),
        Shelf("your data folder", f"{data_folder()}/sheets"),
        *_packages(),
        Shelf("camtwin", ""),
    ]


@cache
def _packages() -> tuple[Shelf, ...]:
    found: list[Shelf] = []
    for point in sorted(entry_points(group=GROUP)):
        try:
            spec = find_spec(point.value)
        except (ImportError, ValueError):  # a package that names one that is not there has no sheets
            continue
        found += [
            Shelf(f"package {point.name}", folder)
            for folder in (spec and spec.submodule_search_locations) or ()
        ]
    return tuple(found)


def is_path(name: str) -> bool:
    """Tell whether a name is the path of a sheet."""
    return name.endswith(SUFFIX)


def stem(name: str) -> str:
    """Return the name of a sheet without its folder and ending."""
    return name.rpartition("/")[2].removesuffix(SUFFIX)


def packaged(kind: Kind) -> list[str]:
    """Return the names of the sheets of a kind in the package."""
    return sorted(f.name.removesuffix(SUFFIX) for f in (ROOM / IN_PACKAGE[kind]).iterdir() if is_path(f.name))


def cameras() -> dict[str, tuple[str, Shelf]]:
    """Return the cameras of the search path by name: each sheet's path or name, and where it is found."""
    found: dict[str, tuple[str, Shelf]] = {}
    for shelf in shelves():
        inside = _cameras_in(shelf.folder) if shelf.folder else {name: name for name in packaged("camera")}
        found = {**{name: (place, shelf) for name, place in inside.items()}, **found}
    return dict(sorted(found.items()))


def _cameras_in(folder: str) -> dict[str, str]:
    paths = (f"{folder}/{name}" for name in texts_in(folder, SUFFIX) if not name.endswith(RIG))
    return {stem(path): path for path in paths if _is_camera(path)}


def _is_camera(path: str) -> bool:
    """Tell whether a sheet is a camera's. One that cannot be read is, so that it is listed with its fault."""
    try:
        words = Document(path, text_at(path) or "").tables.keys()
    except SheetInvalid:
        return True
    return bool(words & {"sensor", "like"}) and not words & OF_SENSORS


def resolve(name: str) -> str:
    """Return the path of a camera's sheet that is found in a folder by its name, or of a recording's.

    Any other name is returned as it is.
    """
    if is_path(name) or not name:
        return name
    own = [f"{shelf.folder}/{name}{SUFFIX}" for shelf in shelves() if shelf.folder and "/" not in name]
    if "/" in name or in_package("camera", name) is None:
        own.append(f"{name.rstrip('/')}/{RECORDING}{SUFFIX}")
    return next((path for path in own if text_at(path) is not None), name)


def text_at(path: str) -> str | None:
    """Return the text of a user's own sheet, or None. SheetInvalid if it cannot be read."""
    try:
        return load_text(path)
    except TextProblem as problem:
        raise SheetInvalid(str(problem)) from None


@lru_cache(maxsize=MAX_KEPT)
def in_package(kind: Kind, name: str) -> Document | None:
    """Return a sheet of the package, or None."""
    file = ROOM / IN_PACKAGE[kind] / f"{name}{SUFFIX}"
    plain = name and "/" not in name and name.isprintable()
    return Document(name, file.read_text("utf-8")) if plain and file.is_file() else None


def beside(document: Document, kind: Kind, name: str) -> Document | None:
    """Return a sheet that lies in the same folder as another one, if that is not in the package."""
    if not is_path(document.label) or not name or "/" in name:
        return None
    path = f"{document.folder}{name}{RIG if kind == 'rig' else SUFFIX}"
    text = text_at(path)
    return None if text is None else Document(path, text)


def opened(kind: Kind, name: str) -> Document:
    """Return a sheet by its path, or by its name in the package. UnknownModel if there is none."""
    if not is_path(name):
        if (found := in_package(kind, name)) is None:
            raise unknown(name)
        return found
    if (text := text_at(name)) is None:
        raise UnknownModel(f"no model {name!r}: there is no file {name}")
    return Document(name, text)


def unknown(name: str) -> UnknownModel:
    """Return the problem with the name of a camera; there may be a rig sheet alone."""
    if name in packaged("rig"):
        return UnknownModel(f"{name} has no twin yet: only its surroundings are known, to `camtwin verify`")
    if "/" in name:
        return UnknownModel(f"no model {name!r}: the path of a data sheet ends with {SUFFIX}")
    known = [*cameras()]
    return UnknownModel(f"no model {name!r}: there are {', '.join(known)}{nearest(name, known)}")


def chain(kind: Kind, first: Document) -> tuple[Document, ...]:
    """Return a sheet, the one that it is like, the one that that is like, and so on.

    Raises:
        SheetInvalid: one of them is not there or cannot be read, or they go in a circle
    """
    found = [first]
    while (like := found[-1].tables.get("like")) is not None:
        if not isinstance(like, str):
            raise invalid(found[-1:], "like", f"like {like!r:.60}: must be the name or path of a sheet")
        parent = _parent(kind, found[-1], like)
        labels = [document.label for document in found]
        if parent.label in labels:
            circle = " -> ".join([*labels[labels.index(parent.label) :], parent.label])
            raise invalid(found[:1], "like", f"like goes in a circle: {circle}")
        found.append(parent)
        if len(found) > MAX_CHAIN:
            raise invalid(found[:1], "like", f"like has more than {MAX_CHAIN - 1} sheets behind it")
    return tuple(found)


def _parent(kind: Kind, child: Document, like: str) -> Document:
    """Return the sheet that another one is like: by a path from its folder, or by name."""
    for document in _candidates(kind, child, like):
        if document is not None and document.label != child.label:
            return document
    known = [*cameras()] if kind == "camera" else packaged(kind)
    raise invalid([child], "like", f"like {like!r:.60}: there is no such sheet{nearest(like, known)}")


def _candidates(kind: Kind, child: Document, like: str) -> Iterator[Document | None]:
    if like == USUAL and kind in ("camera", "sensor"):
        yield Document(USUAL, (ROOM / USUAL / f"{kind}.toml").read_text("utf-8"))
        return
    if is_path(like):
        path = like if like.startswith("/") else f"{child.folder}{like}"
        text = text_at(path)
        yield None if text is None else Document(path, text)
        return
    yield beside(child, kind, like)
    if kind == "camera" and is_path(place := resolve(like)):
        yield opened(kind, place)
    yield in_package(kind, like)


def ledger_beside(name: str) -> tuple[str, str] | None:
    """Return path and text of the ledger beside a camera's own sheet, `NAME.tsv`; None if there is none."""
    place = resolve(name)
    if not is_path(place):
        return None
    path = f"{place.removesuffix(SUFFIX)}.tsv"
    text = text_at(path)
    return None if text is None else (path, text)
