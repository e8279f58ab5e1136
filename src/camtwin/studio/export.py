"""Frames as files for the page: TIFF, DNG or NPY, with the settings and the seed they were taken with."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from camtwin import files
from camtwin.problem import Problem
from camtwin.studio.picture import Shown
from camtwin.studio.twins import Running

KINDS: Final = ("tiff", "dng", "npy")


def saved(running: Running, scene: str, shown: Shown, kind: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a frame as files by name; NPY has its metadata in a second one, as `camtwin snap` writes it.

    Raises:
        Problem: there is no such kind of file
    """
    if kind not in KINDS:
        raise Problem(f"no file of the kind {kind!r:.20}; there are {', '.join(KINDS)}")
    twin, e = running.cam.twin, shown.exposure
    name = f"{twin.sheet.name}-frame-{e.frame_id}.{kind}"
    metadata: dict[str, Any] = {
        "model": twin.sheet.name,
        "serial": twin.camera.serial,
        "seed": twin.renderer.seed,
        "scene": scene,
        "timestamp_ns": e.timestamp_ns,
        "settings": twin.camera.tree.shown(e.settings),
        "pixel_format": e.pixel_format.name,
        "black_DN": shown.electrons.offset_DN,
        "gain_dB": e.settings.Gain_dB["All"],
        "frame_id": e.frame_id,
    }
    if kind == "dng":
        return {"metadata": metadata}, {name: _dng(running, shown)}
    with TemporaryDirectory(prefix="camtwin-studio-") as folder:
        path = Path(folder) / name
        files.save(path, shown.image, e.pixel_format.bits, metadata)
        written = {each.name: each.read_bytes() for each in sorted(Path(folder).iterdir())}
    return {"metadata": metadata}, written


def _dng(running: Running, shown: Shown) -> bytes:
    from camtwin import isp
    from camtwin.hosts.calibration import of_model
    from camtwin.isp.dng import dng_bytes

    calibration = of_model(running.cam.twin.sheet.name)
    raw = isp.raw_of(shown.image, shown.exposure.pixel_format, shown.electrons.offset_DN)
    return dng_bytes(raw, calibration, None, calibration.name)
