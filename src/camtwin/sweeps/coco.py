"""Export of a sweep's images for programs that read COCO: boxes and masks of the codes in them.

    OUT/coco/train/000000-0000.png, OUT/coco/train.json, and the same for test

Source: the data format of cocodataset.org, "Object Detection"; a mask is the polygon of its corners.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from camtwin import files
from camtwin.sweeps.api import Plan, Result
from camtwin.sweeps.cells import Cell
from camtwin.sweeps.plan import SweepInvalid
from camtwin.sweeps.store import folder_of, record_of, unchunked

CATEGORY = {"id": 1, "name": "code", "supercategory": "mark"}


def check(plan: Plan) -> None:
    """Check that a sweep keeps what an export needs. SweepInvalid says what is missing."""
    read = plan.sweep.plan
    if read.format != "zarr" or not {"frames", "truth"} <= {*read.keep}:
        need = 'format = "zarr" and keep = ["frames", "truth"]'
        raise SweepInvalid(
            f"{plan.sweep.name}: format {read.format}, keep {', '.join(read.keep)}: coco wants {need}"
        )


def export(plan: Plan, result: Result) -> list[Path]:
    """Write images and annotations, and return the paths of the annotations."""
    root, written = result.out / "coco", list[Path]()
    shutil.rmtree(root, ignore_errors=True)
    for split in ("train", "test"):
        cells = [cell for cell in plan.cells if cell.split == split]
        if not cells:
            continue
        (root / split).mkdir(parents=True)
        images, marks = list[dict[str, Any]](), list[dict[str, Any]]()
        for cell in cells:
            for image, corners in _images(plan, cell, result.out, root / split):
                images.append({"id": len(images) + 1, **image})
                for each in corners:
                    marks.append({"id": len(marks) + 1, "image_id": len(images), **annotation(each, image)})
        text = json.dumps({"images": images, "annotations": marks, "categories": [CATEGORY]}, indent=1)
        (root / f"{split}.json").write_text(text)
        written.append(root / f"{split}.json")
    return written


def _images(plan: Plan, cell: Cell, out: Path, folder: Path) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    if (record := record_of(out, cell.id)) is None:
        return
    height, width = record["shape"]
    dtype = np.uint8 if record["bits"] <= 8 else np.uint16
    for number, row in enumerate(record["frames"]):
        name = f"{cell.number:06d}-{number:04d}.png"
        data = (folder_of(out, cell.id) / f"frame.{number}").read_bytes()
        image = unchunked(data, (height, width), dtype, plan.sweep.asked.codec)
        shift = max(record["bits"] - 8, 0)  # COCO's readers want 8 bits
        files.save(folder / name, (image >> shift).astype(np.uint16), 8, {"cell": cell.number})
        yield {"file_name": name, "width": width, "height": height}, [c["corners"] for c in row["codes"]]


def annotation(corners: list[list[float]], image: dict[str, Any]) -> dict[str, Any]:
    """Return the annotation of a code: its polygon, cut at the image's edges, its box and its area."""
    polygon = clipped([(x + 0.5, y + 0.5) for x, y in corners], image["width"], image["height"])
    xs, ys = [x for x, _ in polygon], [y for _, y in polygon]
    box = [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]
    area = abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in _edges(polygon))) / 2
    flat = [round(each, 3) for point in polygon for each in point]
    return {
        "category_id": 1,
        "bbox": [round(each, 3) for each in box],
        "segmentation": [flat],
        "area": round(area, 3),
        "iscrowd": 0,
    }


Points = list[tuple[float, float]]


def _edges(polygon: Points) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    return zip(polygon, polygon[1:] + polygon[:1], strict=True)


def clipped(polygon: Points, width: float, height: float) -> Points:
    """Return the part of a convex polygon that lies in an image (Sutherland and Hodgman, 1974)."""
    for axis, limit, sign in ((0, 0.0, 1), (0, width, -1), (1, 0.0, 1), (1, height, -1)):
        kept: Points = []
        for a, b in _edges(polygon):
            before, after = sign * (a[axis] - limit), sign * (b[axis] - limit)
            if before >= 0:
                kept.append(a)
            if before * after < 0:
                share = before / (before - after)
                kept.append((a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])))
        polygon = kept
    return polygon
