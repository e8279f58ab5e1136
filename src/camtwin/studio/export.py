"""Frames as files for the page: TIFF, DNG or NPY, with the settings and the seed they were taken with."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from zipfile import ZipFile

from camtwin import files
from camtwin.camera import Transfer
from camtwin.problem import Problem
from camtwin.studio.pace import Paced
from camtwin.studio.picture import Shown, electrons_of
from camtwin.studio.twins import Running
from camtwin.units import SEC

KINDS: Final = ("tiff", "dng", "npy")
MAX_BURST: Final = 100
MAX_BURST_BYTES: Final = 1 << 28
MAX_BURST_NS: Final = 60 * SEC
"""Limits of a burst: frames, bytes of their codes, and virtual time."""


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


def burst(
    running: Running, paced: Paced, scene: str, count: int, kind: str
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the next frames as files in one ZIP; time passes until they have arrived.

    Raises:
        Problem: they are too many, or do not arrive within MAX_BURST_NS
    """
    if not 1 <= count <= MAX_BURST:
        raise Problem(f"a burst of {count} frames is not within 1 to {MAX_BURST}")
    cam, got = running.cam, list[Transfer]()
    size = 2 * cam.Width * cam.Height * count
    if size > MAX_BURST_BYTES:
        raise Problem(f"a burst of {size >> 20} MiB is above the maximum {MAX_BURST_BYTES >> 20} MiB")

    def keep(transfer: Transfer) -> None:
        if transfer.exposure.has_image:
            got.append(transfer)

    leave = cam.twin.camera.transmitter.on_delivery.subscribe(keep)
    try:
        paced.pass_until(lambda: len(got) >= count, MAX_BURST_NS)
    finally:
        leave()
    if len(got) < count:
        raise Problem(f"{len(got)} of {count} frames arrived within {MAX_BURST_NS // SEC} s")
    stream = BytesIO()
    with ZipFile(stream, "w") as archive:
        for transfer in got[:count]:
            e = transfer.exposure
            shown = Shown(e, cam.twin.image(e), electrons_of(cam, e), transfer.end_ns)
            for name, data in saved(running, scene, shown, kind)[1].items():
                archive.writestr(name, data)
    first, last = got[0].exposure.frame_id, got[count - 1].exposure.frame_id
    return {}, {f"{cam.twin.sheet.name}-frames-{first}-to-{last}.zip": stream.getvalue()}


def _dng(running: Running, shown: Shown) -> bytes:
    from camtwin import isp
    from camtwin.hosts.calibration import of_model
    from camtwin.isp.dng import dng_bytes

    calibration = of_model(running.cam.twin.sheet.name)
    raw = isp.raw_of(shown.image, shown.exposure.pixel_format, shown.electrons.offset_DN)
    return dng_bytes(raw, calibration, None, calibration.name)
