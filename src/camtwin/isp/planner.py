"""From a pipeline to fused kernels: known runs of stages, their numbers, and threads that share rows.

Known is [DefectPixels] [Measure] BlackLevel [Shading] [WhiteBalance] Demosaic("malvar") [FalseColour]
[NoiseReduction] [EdgeEnhancement] [Downscale] [ColourMatrix or ColourTable] Tone [Mirror], stages in brackets
may be absent; of mono frames the same with Root and without the stages on colour. Stages before or after, and
any other run use the readable stages; the directional demosaic is shared among threads there.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.colour_table import ColourTable
from camtwin.isp.demosaic import root_scale
from camtwin.isp.finish import IDENTITY, ColourMatrix, Downscale, Mirror, Tone
from camtwin.isp.image import Frame, Image, Kind, Payload, Raw, begin
from camtwin.isp.light_stages import BlackLevel, Shading, WhiteBalance
from camtwin.isp.mosaic import COLOURS, IspProblem
from camtwin.isp.noise import CELL, LOW_PASS
from camtwin.isp.raw_stages import DefectPixels, Measure, replacements
from camtwin.isp.root_of_light import Demosaic, Root
from camtwin.isp.root_stages import EdgeEnhancement, FalseColour, NoiseReduction
from camtwin.isp.stage import Stage
from camtwin.isp.statistics import BINS, Statistics, borders, clipped_DN
from camtwin.tiles import share

if TYPE_CHECKING:
    from types import ModuleType

    from camtwin.isp.kernels import Finish, Source

F = np.float32
TILES_A_THREAD, MIN_ROWS, STRIP = 3, 32, 1 << 16
"""STRIP: columns of a tile, a multiple of every group of packed pixels."""
BEFORE = (DefectPixels, Measure, BlackLevel, Shading, WhiteBalance)
AFTER = (FalseColour, NoiseReduction, EdgeEnhancement, Downscale, ColourMatrix, ColourTable, Tone)


def developed(stages: Sequence[Stage], frame: Frame, threads: int = 1) -> tuple[Image, dict[str, Any]]:
    """Return what stages in order make of a frame, and what was measured; equal to the readable stages."""
    if threads < 1:
        raise IspProblem(f"threads {threads} is below the minimum 1")
    notes: dict[str, Any] = {}
    stages = list(stages)
    image: Image | None = None
    if not _known(stages):
        image = begin(frame)
    while stages:
        run = _known(stages)
        if run:
            source: Frame = frame if image is None else _raw_of(image)
            image = _fused(stages[:run], source, notes, threads)
            del stages[:run]
            continue
        stage = stages.pop(0)
        assert image is not None
        image = stage.apply(image, notes)
    assert image is not None
    return image, notes


def _known(stages: list[Stage]) -> int:
    """Return how many of the first stages make a run that kernels know; 0 if they do not begin one."""
    at = 0
    while at < len(stages) and isinstance(stages[at], BEFORE):
        at += 1
    if not any(isinstance(stage, BlackLevel) for stage in stages[:at]) or at == len(stages):
        return 0
    centre = stages[at]
    if not (isinstance(centre, Root) or (isinstance(centre, Demosaic) and centre.method == "malvar")):
        return 0
    at += 1
    while at < len(stages) and isinstance(stages[at], AFTER):
        at += 1
        if isinstance(stages[at - 1], Tone):
            return at + (at < len(stages) and isinstance(stages[at], Mirror))
    return 0


def _raw_of(image: Image) -> Raw:
    return Raw(np.ascontiguousarray(image.data), image.bits, image.mosaic, image.black_DN)


def _fused(stages: list[Stage], frame: Frame, notes: dict[str, Any], threads: int) -> Image:
    """Run the fused kernel of `stages` over all rows of a frame."""
    kernels = _kernels()
    by = {type(stage): stage for stage in stages}
    black_stage = by[BlackLevel]
    assert isinstance(black_stage, BlackLevel)
    tone = by[Tone]
    assert isinstance(tone, Tone)
    measure = by.get(Measure)
    balance = by.get(WhiteBalance)
    gains = balance.gains if isinstance(balance, WhiteBalance) else (1.0, 1.0, 1.0)
    centre = by.get(Demosaic) or by.get(Root)
    assert isinstance(centre, Demosaic | Root)
    black, scale = black_stage.of(frame.bits, frame.black_DN)
    source = _source(by, frame, black, scale, gains, centre.toe, kernels)
    white_DN = (1 << frame.bits) - 1 - float(black)
    finish = _finish(by, frame.mosaic, gains, centre.toe, white_DN, kernels)
    down = by.get(Downscale)
    factor = down.factor if isinstance(down, Downscale) else 1
    size = (
        down.size(frame.height, frame.width) if isinstance(down, Downscale) else (frame.height, frame.width)
    )
    out = np.empty((*size, 3) if frame.mosaic else size, finish.table.dtype)
    flat = out.reshape(size[0], -1)
    if not frame.mosaic:
        run = kernels.mono_rows
    elif by.keys() & {FalseColour, NoiseReduction, EdgeEnhancement, Downscale, ColourTable, Mirror}:
        run = kernels.full_rows
    else:
        run = kernels.core_rows
    whole = CELL * factor  # rows of cells, and of what becomes one row
    tile = max(MIN_ROWS, frame.height // (TILES_A_THREAD * threads), whole) // whole * whole
    zones = (int(source.zones[-1]) + 1, source.columns.size - 1) if measure else (0, 0)
    strips = -(-frame.width // STRIP)
    grid = 8 * factor
    edges = [round(frame.width * i / strips / grid) * grid for i in range(strips)] + [frame.width]
    starts = [
        (first, left, right) for first in range(0, frame.height, tile) for left, right in pairwise(edges)
    ]
    sums = np.zeros((len(starts), *zones, 9), np.int64)
    histograms = np.zeros((len(starts), BINS), np.int64)

    def rows(index: int) -> None:
        first, left, right = starts[index]
        last = min(first + tile, frame.height)
        run(source, finish, first, last, left, right, flat, sums[index], histograms[index])

    share(rows, len(starts), threads)
    if measure:
        notes["statistics"] = _statistics(frame, sums.sum(axis=0), histograms.sum(axis=0), source)
    return Image(out, Kind.CODES, tone.bits, frame.mosaic, float(black), gains, centre.toe)


def _source(
    by: dict[type[Stage], Stage],
    frame: Frame,
    black: np.float32,
    scale: np.float32,
    gains: tuple[float, float, float],
    toe: float,
    kernels: ModuleType,
) -> Source:
    """Return the numbers of the stages before interpolation."""
    data, layout = _bytes_of(frame)
    mosaic, height, width = frame.mosaic, frame.height, frame.width
    defects, measure, shading = by.get(DefectPixels), by.get(Measure), by.get(Shading)
    threshold, patch = -1, _no_patch()
    if isinstance(defects, DefectPixels):
        threshold = defects.threshold_DN(frame.bits)
        if defects.listed:
            patch = _patch(frame, defects.listed)
    each = dict(zip(COLOURS, gains, strict=True))
    by_pixel = np.array([[each[mosaic[2 * r + c]] if mosaic else 1.0 for c in (0, 1)] for r in (0, 1)], F)
    grid, above, share = np.zeros((2, 2, 0, 0), F), np.zeros(0, np.int64), np.zeros(0, F)
    if isinstance(shading, Shading):
        grid = _grids(shading, mosaic, width, kernels.PAD)
        above, share = shading.down(height)
    columns, zones = np.zeros(0, np.int64), np.zeros(0, np.int64)
    step = 2 if mosaic else 1
    if isinstance(measure, Measure):
        cells = width // step, height // step
        columns = borders(cells[0], min(measure.zones[0], cells[0]))
        ends = borders(cells[1], min(measure.zones[1], cells[1]))
        zones = np.searchsorted(ends, np.arange(cells[1]), side="right").astype(np.int64) - 1
    red_row, red_column = divmod(mosaic.index("R"), 2) if mosaic else (0, 0)
    return kernels.Source(
        *(data, layout, height, width, step, np.int32(threshold), *patch, black, scale, by_pixel),
        *(F(toe), root_scale(toe), grid, above, share, columns, zones, np.int32(clipped_DN(frame.bits))),
        *(frame.bits - 8, red_row, 1 - red_column),
    )


def _finish(
    by: dict[type[Stage], Stage],
    mosaic: str,
    gains: tuple[float, float, float],
    toe: float,
    white_DN: float,
    kernels: ModuleType,
) -> Finish:
    """Return the numbers of the stages from interpolation on."""
    stage = by.get(ColourMatrix) or by.get(ColourTable) or ColourMatrix(IDENTITY)
    assert isinstance(stage, ColourMatrix | ColourTable)
    bends = stage.bends if isinstance(stage, ColourTable) else np.zeros(0, np.int32)
    entries, added = stage.numbers(toe)
    of_red, of_blue = entries.ravel(), entries[:, ::-1].ravel()
    bright, chroma = F(-1), F(-1)
    noise, edge, tone = by.get(NoiseReduction), by.get(EdgeEnhancement), by[Tone]
    if isinstance(noise, NoiseReduction):
        bright, chroma = noise.limits(bool(mosaic), white_DN, gains, toe)
    edges = edge.numbers() if isinstance(edge, EdgeEnhancement) else (-1, 0, 0)
    down, mirror = by.get(Downscale), by.get(Mirror)
    assert isinstance(tone, Tone)
    rows = [mosaic[:2], mosaic[2:]] if mosaic else ["RG", "GB"]
    return kernels.Finish(
        np.array([r[0] == "G" for r in rows]),
        np.array([0 if "R" in r else 2 for r in rows], np.int64),
        np.stack([of_red, of_blue, of_red]).astype(np.int16),
        added,
        bends,
        tone.table(toe),
        FalseColour in by and bool(mosaic),
        bright,
        chroma,
        np.array(edges, np.int32),
        LOW_PASS[bool(mosaic)][:5].astype(np.int16),
        down.factor if isinstance(down, Downscale) else 1,
        isinstance(mirror, Mirror) and mirror.columns,
        isinstance(mirror, Mirror) and mirror.rows,
    )


def _bytes_of(frame: Frame) -> tuple[NDArray[np.uint8], int]:
    """Return a frame's bytes and how they lie; rows that do not begin on a byte are unpacked first."""
    kernels = _kernels_raw()
    if isinstance(frame, Payload):
        fmt = frame.format
        data = np.ascontiguousarray(frame.data)
        if not fmt.packed:
            return _frozen(data), kernels.WORDS if fmt.bits_per_pixel == 16 else kernels.BYTES
        if frame.width % fmt.group[0] == 0:
            packed = {10: kernels.PACKED_10, 12: kernels.PACKED_12}
            grouped = {10: kernels.GROUPED_10, 12: kernels.GROUPED_12}
            return _frozen(data), (grouped if fmt.grouped else packed)[fmt.bits]
        frame = frame.unpacked()
    data = np.ascontiguousarray(frame.data)
    layout = kernels.BYTES if data.dtype == np.uint8 else kernels.WORDS
    return _frozen(data.reshape(-1).view(np.uint8)), layout


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Return a read-only view: numba compiles once more for what is writable."""
    view = array.view()
    view.flags.writeable = False
    return view


def _no_patch() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint16]]:
    return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint16)


def _patch(
    frame: Frame, listed: tuple[tuple[int, int], ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint16]]:
    """Return listed defects by row: where each row's begin, their columns, their values."""
    raw = frame.unpacked() if isinstance(frame, Payload) else frame
    replaced = replacements(raw.data, listed, 2 if raw.mosaic else 1)
    ordered = sorted(replaced, key=lambda place: (place[1], place[0]))
    columns = np.array([x for x, _ in ordered], np.int64)
    rows = np.array([y for _, y in ordered], np.int64)
    values = np.array([replaced[place] for place in ordered], np.uint16)
    return np.searchsorted(rows, np.arange(raw.height + 1)).astype(np.int64), columns, values


def _grids(shading: Shading, mosaic: str, width: int, pad: int) -> NDArray[np.float32]:
    """Return the gains of each column at the grid's rows, (2, 2, rows, pairs), mirrored at the ends."""
    along, order = shading.along(width), shading.order(mosaic)
    whole = np.pad(along, ((0, 0), (0, 0), (pad, pad + width % 2)), mode="reflect")
    out = np.empty((2, 2, along.shape[1], whole.shape[2] // 2), F)
    for row in (0, 1):
        for column in (0, 1):
            grid = order[2 * row + column] if mosaic else 0
            out[row, column] = whole[grid, :, column::2]
    return out


def _statistics(
    frame: Frame, sums: NDArray[np.int64], histogram: NDArray[np.int64], source: Source
) -> Statistics:
    """Return what kernels counted, by colour."""
    step = 2 if frame.mosaic else 1
    height, width = frame.height // step, frame.width // step
    zone_rows = np.bincount(source.zones, minlength=sums.shape[0])
    cells = zone_rows[:, None] * np.diff(source.columns)[None]
    assert cells.sum() == height * width
    if frame.mosaic:
        red = frame.mosaic.index("R")
        order = ((red,), tuple(i for i in range(4) if frame.mosaic[i] == "G"), (3 - red,))
    else:
        order = ((0,),)
    bright = np.stack([sum(sums[..., i] for i in pixels) for pixels in order])
    good = np.stack([sum(sums[..., 4 + i] for i in pixels) for pixels in order])
    letters = COLOURS if frame.mosaic else ""
    return Statistics(
        frame.bits, frame.black_DN, letters, cells.astype(np.int64), bright, sums[..., 8], good, histogram
    )


def warm_up() -> None:
    """Compile the kernels, or load them from numba's cache, so that the first frame need not wait."""

    data = np.zeros((16, 16), np.uint16)
    for bits in (8, 16):
        colour = [BlackLevel(), Demosaic(), ColourMatrix(), Tone(bits=bits)]
        for stages in (colour, [*colour[:2], FalseColour(), *colour[2:]]):
            developed(stages, Raw(data, 12, "RGGB"))
        developed([BlackLevel(), Root(), Tone(bits=bits)], Raw(data, 12))


def _kernels() -> ModuleType:
    """Return the module of compiled kernels; the one place that brings numba in."""
    from camtwin.isp import kernels

    return kernels


def _kernels_raw() -> ModuleType:
    from camtwin.isp import kernels_raw

    return kernels_raw
