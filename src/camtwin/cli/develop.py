"""The command that develops raw images of cameras and twins."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from camtwin.cli.common import SAVE, UsageProblem, command, parsed
from camtwin.cli.help import IMAGES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from camtwin.isp import Calibration, Payload, Pipeline, Raw
    from camtwin.isp.balance import Gains

ENDINGS = (".tif", ".tiff", ".png", ".npy", ".dng", ".raw", ".bin")
KINDS = ("png", "tiff", "npy", "dng")


UNSAID = "Where files do not say it"
"""Heading of the options that stand in for metadata."""


@command(
    IMAGES,
    """
camtwin develop frame.tiff -o images
# A folder of raw images, slowly and well, in daylight of 5500 K
camtwin develop frames/ -o images --preset best --to tiff --white 5500
""",
)
def develop(
    raws: Annotated[
        list[Path],
        typer.Argument(metavar="RAW", help="Raw images (TIFF, DNG, PNG, NPY or .raw) or folders of them."),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Folder for developed images.", rich_help_panel=SAVE
        ),
    ],
    preset: Annotated[
        str, typer.Option(metavar="NAME", help="Quality of processing: fast, balanced or best.")
    ] = "balanced",
    to: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            help="File format: png, tiff (16 bits), npy, or dng (still raw).",
            rich_help_panel=SAVE,
        ),
    ] = "png",
    white: Annotated[
        str,
        typer.Option(metavar="VALUE", help="White balance: auto, a colour temperature in K, or gains R,G,B."),
    ] = "auto",
    calibration: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Calibration of the sensor, FILE.json.  [default: the model's]",
            show_default=False,
        ),
    ] = None,
    pipeline: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Pipeline to use instead of a preset, FILE.json.", show_default=False
        ),
    ] = None,
    mosaic: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Colour filter mosaic: RGGB, GRBG, GBRG, BGGR or mono.",
            show_default=False,
            rich_help_panel=UNSAID,
        ),
    ] = None,
    bits: Annotated[
        int | None,
        typer.Option(metavar="N", help="Bits per pixel value.", show_default=False, rich_help_panel=UNSAID),
    ] = None,
    black: Annotated[
        float | None,
        typer.Option(metavar="DN", help="Black level in DN.", show_default=False, rich_help_panel=UNSAID),
    ] = None,
    pixel_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="Pixel format of a .raw file, as PFNC names it.",
            show_default=False,
            rich_help_panel=UNSAID,
        ),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            metavar="WxH",
            help="Width and height of a .raw file, in pixels.",
            show_default=False,
            rich_help_panel=UNSAID,
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Number of files to develop at a time.  [default: one per processor]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Develop raw images: from mosaic and raw codes to colour images.

    Files say what they hold: DNG in its tags, TIFF, PNG and NPY of `camtwin snap` in their metadata, others
    in a FILE.json beside them. When interrupted, the command leaves finished images only.
    """
    from camtwin.isp import Calibration, Pipeline

    if to not in KINDS:
        raise UsageProblem(f"--to {to} is none of {', '.join(KINDS)}")
    given = {
        "mosaic": {"mono": ""}.get(mosaic or "-", mosaic),
        "bits": bits,
        "black_DN": black,
        "pixel_format": pixel_format,
        **_size(size),
    }
    known = parsed(calibration, Calibration.from_json) if calibration else None
    stages = parsed(pipeline, Pipeline.from_json) if pipeline else None
    paths = list(_listed(raws))
    output.mkdir(parents=True, exist_ok=True)
    targets = [output / f"{path.stem}.{to}" for path in paths]
    if len(set(targets)) < len(targets):
        twice = next(target for target in targets if targets.count(target) > 1)
        raise UsageProblem(f"{twice}: two raw images would become this file; develop them into two folders")
    for path, target in zip(paths, targets, strict=True):
        if path.resolve() == target.resolve():
            raise UsageProblem(
                f"{target}: the developed image would replace the raw one; choose another folder"
            )

    def one(path: Path, target: Path) -> str:
        frame = read(path, given)
        calibrated = known or _of_model(frame.metadata)
        write(target, frame, preset, white, calibrated, stages)
        return f"{target}: {calibrated.name}"

    failed = _all(one, list(zip(paths, targets, strict=True)), jobs or os.cpu_count() or 1)
    if failed:
        raise UsageProblem(f"{failed} of {len(paths)} raw images could not be developed")


def _all(one: Callable[[Path, Path], str], work: list[tuple[Path, Path]], jobs: int) -> int:
    """Do all of the work, `jobs` items at a time, with a progress bar; return how many failed."""
    from rich.console import Console
    from rich.progress import Progress

    from camtwin.problem import Problem

    console, failed = Console(stderr=True), 0
    pool, waiting = ThreadPoolExecutor(jobs), iter(work)
    running: set[Future[str]] = set()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("developing", total=len(work))
        try:
            while True:
                while len(running) < jobs and (item := next(waiting, None)):
                    running.add(pool.submit(one, *item))
                if not running:
                    return failed
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    progress.advance(task)
                    try:
                        print(future.result(), flush=True)
                    except (Problem, OSError) as problem:
                        failed += 1
                        where = (
                            f"{problem.filename}: {problem.strerror}"
                            if isinstance(problem, OSError)
                            else problem
                        )
                        console.print(f"camtwin: {where}", highlight=False, soft_wrap=True)
        finally:
            pool.shutdown(cancel_futures=True)


def _listed(raws: list[Path]) -> Iterator[Path]:
    for path in raws:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in ENDINGS)
            if not inside:
                raise UsageProblem(f"{path}: holds no raw images; they end in {', '.join(ENDINGS)}")
            yield from inside
        elif not path.exists():
            raise UsageProblem(f"{path}: no such file")
        elif path.suffix.lower() not in ENDINGS:
            raise UsageProblem(
                f"{path}: cannot read {path.suffix or 'a file without an ending'}; use {', '.join(ENDINGS)}"
            )
        else:
            yield path


def _size(text: str | None) -> dict[str, int]:
    if text is None:
        return {}
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise UsageProblem(f"--size {text} is not WIDTHxHEIGHT, as in 4056x3040") from None
    return {"width": width, "height": height}


class Read:
    """A raw image from a file, with its metadata."""

    def __init__(
        self, frame: Raw | Payload, metadata: dict[str, Any], gains: Gains | None = None, gain_dB: float = 0.0
    ) -> None:
        self.frame, self.metadata, self.gains, self.gain_dB = frame, metadata, gains, gain_dB


def read(path: Path, given: dict[str, Any]) -> Read:
    """Read a raw image; values from the command line (`given`) override those of the file."""
    from camtwin.files import load_raw
    from camtwin.isp.dng import read_dng
    from camtwin.isp.frames import Description

    metadata = _metadata(path)
    description = Description.of(metadata, given)
    kind = path.suffix.lower()
    if kind == ".dng":
        raw, gains, model = read_dng(path.read_bytes(), str(path))
        return Read(raw, {"model": model, **metadata}, gains, description.gain_dB)
    if kind in (".raw", ".bin"):
        return Read(description.payload(str(path), path.read_bytes()), metadata, None, description.gain_dB)
    return Read(description.frame(str(path), load_raw(path)), metadata, None, description.gain_dB)


def _metadata(path: Path) -> dict[str, Any]:
    """Return the metadata of a file, or of FILE.json beside it; none if there is nothing readable."""
    text = None
    try:
        if (beside := path.with_name(path.name + ".json")).exists():
            text = beside.read_text()
        elif path.suffix.lower() in (".tif", ".tiff"):
            import tifffile

            with tifffile.TiffFile(path) as file:
                first: Any = file.pages[0]
                text = first.description
        elif path.suffix.lower() == ".png":
            from PIL import Image

            with Image.open(path) as image:
                text = image.info.get("camtwin")
        found = json.loads(text) if text else {}
    except Exception:  # no metadata of ours: the command line has to say it
        return {}
    return found if isinstance(found, dict) else {}


def _of_model(metadata: dict[str, Any]) -> Calibration:
    """Return the calibration of the twin that took an image, or an empty one."""
    from camtwin.isp import Calibration
    from camtwin.models import names

    model = metadata.get("model")
    if not isinstance(model, str) or model not in names():
        return Calibration()
    from camtwin.hosts.calibration import of_model

    return of_model(model)


def write(
    target: Path,
    read: Read,
    preset: str,
    white: str,
    calibration: Calibration,
    stages: Pipeline | None = None,
) -> None:
    """Develop an image and write it; an interrupted write leaves no file."""
    import numpy as np

    from camtwin import isp
    from camtwin.isp.dng import dng_bytes

    frame = read.frame
    part = target.with_name(f".{target.name}.part{target.suffix}")
    gains = white_of(white, read, calibration) if frame.mosaic else None
    try:
        if target.suffix == ".dng":
            raw = frame.unpacked() if isinstance(frame, isp.Payload) else frame
            part.write_bytes(dng_bytes(raw, calibration, gains, calibration.name))
        else:
            chosen = stages or isp.preset(
                preset, frame.mosaic, calibration, bits=frame.bits, gain_dB=read.gain_dB, gains=gains,
                black_DN=frame.black_DN or None,
            )  # fmt: skip
            if gains and stages and stages.stage(isp.WhiteBalance) and white != "auto":
                chosen = chosen.replace(isp.WhiteBalance.of(gains))
            tone = chosen.stage(isp.Tone)
            if target.suffix == ".tiff" and tone:
                chosen = chosen.replace(isp.Tone(tone.gamma, 16, tone.gain))
            image, _ = chosen.process(frame)
            _save(part, np.asarray(image))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _save(path: Path, image: NDArray[Any]) -> None:
    if path.suffix == ".npy":
        import numpy as np

        np.save(path, image)
    elif path.suffix == ".png":
        from PIL import Image

        Image.fromarray(image).save(path)
    else:
        import tifffile

        photometric = "rgb" if image.ndim == 3 else "minisblack"
        tifffile.imwrite(path, image, photometric=photometric, software="camtwin", metadata=None)


def white_of(text: str, read: Read, calibration: Calibration) -> Gains:
    """Return the gains for `--white`: estimated from the image, for a colour temperature, or as given."""
    from camtwin.isp.balance import BalanceController, normalised
    from camtwin.isp.image import begin
    from camtwin.isp.statistics import measured

    if text == "auto":
        if read.gains:
            return read.gains
        image = begin(read.frame)
        black = read.frame.black_DN or (calibration.black_DN or 0) * 2.0 ** (image.bits - calibration.bits)
        statistics = measured(image.data, image.bits, image.mosaic, black, (16, 12))
        return BalanceController(calibration=calibration).estimate(statistics) or (1.0, 1.0, 1.0)
    try:
        numbers = [float(part) for part in text.removesuffix("K").split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 1 and 1000 <= numbers[0] <= 40000:
        return calibration.at(numbers[0]).gains
    if len(numbers) == 3 and min(numbers) > 0:
        import numpy as np

        return normalised(np.array(numbers))
    raise UsageProblem(f"--white {text} is not auto, 1000..40000 K, or three gains above 0: 2.1,1,1.6")
