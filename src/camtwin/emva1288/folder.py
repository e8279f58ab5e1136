"""Images in files, and the description beside them that says how they were taken: emva1288.toml.

    format = 1
    camera = "a name for people"
    bits = 12                        # of a pixel's number, 8 to 16
    mosaic = "RGGB"                  # colours of the first two rows of two pixels; left out: monochrome
    photons_error = 0.03             # relative standard error of the light; left out: none

    [[step]]
    for = "light"                    # or "stack", "dark current", "spectrum"
    photons = 1234.5                 # on each pixel during the exposure; left out: in the dark
    exposure_s = 0.004
    wavelength_nm = 536.0            # of the light; left out: unknown
    temperature_C = 20.0             # of the sensor; left out: unknown
    images = ["a.tif", "b.tif"]      # files from this file's folder on; each page of a TIFF is an image

A step is of two images or more. The photon transfer takes the steps for "light": one or more in the dark, 50
or more in light. A "stack" is of many images, one in the dark and one at half the saturation. Steps for
"dark current" are dark, of six or more exposure times, at one temperature or more; those for "spectrum" are
of one wavelength each. Only "light" must be there.

A descriptor of the standard's reference implementation is read, too: a text of lines `n BITS WIDTH HEIGHT`,
`b EXPOSURE_ns PHOTONS` or `d EXPOSURE_ns`, and `i FILE`, where two images are a step and more are a stack. It
knows of no colour, wavelength or temperature.

No file is touched here: texts and a way to read an image are handed in.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from camtwin.emva1288.shots import LabProblem, Part, Shot, Subject
from camtwin.emva1288.stacks import Image
from camtwin.problem import first_fault

NAME = "emva1288.toml"
REFERENCE = "emva1288.txt"
NANO = 1e9

Number = Annotated[float, Field(allow_inf_nan=False)]
AboveZero = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Images(Protocol):
    """The images of one file, which are counted, and read one after the other."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Image]: ...


Read = Callable[[str], Images]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


class _Step(_Said):
    part: Annotated[Part, Field(alias="for")]
    photons: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    exposure_s: AboveZero
    wavelength_nm: AboveZero | None = None
    temperature_C: Number | None = None
    images: Annotated[tuple[str, ...], Field(min_length=1)]


class _Set(_Said):
    format: Literal[1]
    camera: str = ""
    model: str = ""
    bits: Annotated[int, Field(ge=8, le=16)]
    mosaic: Literal["", "RGGB", "GRBG", "GBRG", "BGGR"] = ""
    pixel_um: AboveZero | None = None
    photons_error: Annotated[float, Field(ge=0, lt=1)] = 0.0
    conditions: dict[str, str] = {}
    step: tuple[_Step, ...] = ()


def parse(name: str, text: str, read: Read) -> tuple[Subject, list[Shot]]:
    """Read an emva1288.toml; images are read when needed.

    read: returns the images of a file by its name in the text. LabProblem says in one line what is wrong.
    """
    try:
        file = _Set.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise LabProblem(f"{name}: {error}") from None
    except ValidationError as error:
        raise LabProblem(f"{name}: {first_fault(error)}") from None
    subject = Subject(
        file.camera or name,
        file.bits,
        file.mosaic,
        file.pixel_um,
        file.model,
        file.photons_error,
        file.conditions,
    )
    shots: list[Shot] = []
    for number, step in enumerate(file.step):
        images = _images(step.images, read)
        if (count := len(images)) < 2:
            raise LabProblem(f"{name}: step.{number}.images: holds {count} image, and a step needs 2 or more")
        nm, degC = step.wavelength_nm, step.temperature_C
        shots.append(Shot(step.part, step.photons, step.exposure_s, images, nm, degC))
    return subject, shots


def parse_reference(name: str, text: str, read: Read) -> tuple[Subject, list[Shot]]:
    """Read a descriptor of the reference implementation; as `parse`."""
    bits: int | None = None
    steps: list[tuple[float, float, list[str]]] = []  # photons, exposure, images
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        try:
            match words:
                case [] | ["v", *_]:
                    continue
                case [word, *_] if word.startswith("#"):
                    continue
                case ["n", depth, _, _]:
                    bits = int(depth)
                case ["b", exposure_ns, photons]:
                    steps.append((_decimal(photons), _decimal(exposure_ns) / NANO, []))
                case ["d", exposure_ns]:
                    steps.append((0.0, _decimal(exposure_ns) / NANO, []))
                case ["i", *path] if path and steps:
                    steps[-1][2].append(" ".join(path).replace("\\", "/"))
                case _:
                    raise ValueError("is none of n BITS WIDTH HEIGHT, b EXPOSURE PHOTONS, d EXPOSURE, i FILE")
        except ValueError as error:
            raise LabProblem(f"{name}, line {number} {line.strip()!r:.60}: {error}") from None
    if bits is None or not 8 <= bits <= 16:
        raise LabProblem(f"{name}: {bits} bits; a line n BITS WIDTH HEIGHT must give 8 to 16")
    shots = []
    for photons, exposure_s, files in steps:
        images = _images(files, read)
        if (count := len(images)) < 2 or photons < 0 or exposure_s <= 0:
            raise LabProblem(
                f"{name}: a step of {count} images, {photons:g} photons, {exposure_s:g} s; "
                "it needs 2 or more images, 0 or more photons and a time above 0"
            )
        shots.append(Shot("light" if count == 2 else "stack", photons, exposure_s, images))
    return Subject(name, bits), shots


def _decimal(text: str) -> float:
    return float(text.replace(",", "."))  # as its examples have them, too


@dataclass(frozen=True, slots=True, eq=False)
class _images:  # noqa: N801  (a sequence that is read as it is run through)
    files: Sequence[str]
    read: Read

    def __iter__(self) -> Iterator[Image]:
        return chain.from_iterable(map(self.read, self.files))

    def __len__(self) -> int:
        return sum(len(self.read(file)) for file in self.files)


# -- writing ---------------------------------------------------------------------------------------
@dataclass(slots=True, eq=False)
class Saved:
    """Shots that are written as they pass, and their descriptions.

    write  stores an image under a name
    """

    write: Callable[[str, Image], Any]
    steps: list[tuple[Shot, list[str]]] = field(default_factory=list)

    def through(self, shots: Iterable[Shot]) -> Iterator[Shot]:
        """Yield the same shots, and write their images."""
        for number, shot in enumerate(shots):
            names: list[str] = []
            self.steps.append((shot, names))
            stem = f"{shot.part.replace(' ', '-')}-{number:03d}"
            yield replace(shot, images=self._kept(shot.images, stem, names))

    def _kept(self, images: Iterable[Image], stem: str, names: list[str]) -> Iterator[Image]:
        for number, image in enumerate(images):
            names.append(f"{stem}-{number:02d}.tif")
            self.write(names[-1], image)
            yield image

    def description(self, subject: Subject) -> str:
        """Return the text of emva1288.toml."""
        head = {
            "format": 1,
            "camera": subject.title,
            "model": subject.model or None,
            "bits": subject.bits,
            "mosaic": subject.mosaic or None,
            "pixel_um": subject.pixel_um,
            "photons_error": subject.photons_error or None,
        }
        text = _table(head) + "\n[conditions]\n" + _table(dict(subject.conditions))
        for shot, names in self.steps:
            step = {
                "for": shot.part,
                "photons": shot.mu_p or None,
                "exposure_s": shot.exposure_s,
                "wavelength_nm": shot.wavelength_nm,
                "temperature_C": shot.temperature_C,
                "images": names,
            }
            text += "\n[[step]]\n" + _table(step)
        return text

    def reference(self, subject: Subject, shape: tuple[int, ...]) -> str:
        """Return the reference implementation's descriptor.

        Photon transfer and stacks, of a monochrome camera.

        It takes the first two dark images.
        """
        lines = ["v 4.0", f"n {subject.bits} {shape[1]} {shape[0]}"]
        for shot, names in self.steps:
            if shot.part not in ("light", "stack"):
                continue
            exposure_ns = f"{shot.exposure_s * NANO:.1f}"
            lines.append(f"b {exposure_ns} {shot.mu_p!r}" if shot.mu_p else f"d {exposure_ns}")
            lines += [f"i {name}" for name in (names[:2] if shot.part == "light" else names)]
        return "\n".join(lines) + "\n"


def _table(table: dict[str, Any]) -> str:
    """Return lines of TOML; JSON writes strings, lists and finite numbers in the same way."""
    return "".join(
        f"{json.dumps(key) if ' ' in key else key} = {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in table.items()
        if value is not None
    )
