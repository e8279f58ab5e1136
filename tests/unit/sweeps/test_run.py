"""Runs of sweeps: what is kept is whole and always the same, and a failure belongs to its cell."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
import zarr
from distributed import LocalCluster

import camtwin
from camtwin.sweeps import coco, store
from camtwin.sweeps.api import Plan
from camtwin.sweeps.collect import compressors
from camtwin.sweeps.estimate import estimate
from camtwin.sweeps.run import Progress, insecure
from camtwin.sweeps.work import Outcome
from unit.sweeps.kept import contents

SMALL = {"PixelFormat": "Mono12", "Width": 64, "Height": 48}
SMALL_CAMERA = "flir-bfs-u3-04s2m"
ALL = ["frames", "truth", "clean", "statistics"]


def plan(call=None, **changes) -> Plan:
    base = {"models": "baumer-vcxg-124m", "scene": "flat:{photons}@536", "frames": 2, "set": SMALL}
    return camtwin.sweep({**base, "grid": {"photons": [1e5, 1e6], "Gain": [0, 6]}, **changes}, call=call)


def test_what_is_kept_is_what_the_camera_gives(tmp_path):
    made = plan(keep=ALL)
    result = made.run(tmp_path / "out")
    assert (result.made.done, result.made.failed, result.made.frames) == (4, 0, 8)
    arrays = result.arrays()["64x48-uint16"]
    for row, cell in zip(result.table.to_pylist(), made.cells, strict=True):
        with camtwin.open("baumer-vcxg-124m", scene=cell.scene, seed=cell.seed) as cam:
            cam.PixelFormat, cam.Width, cam.Height, cam.Gain = "Mono12", 64, 48, cell.columns["Gain"]
            first, second = cam.grab(2)
        here = slice(row["first"], row["first"] + 2)
        frames, clean = arrays["frame"][here].compute(), arrays["clean"][here].compute()
        assert np.array_equal(frames, [first.picture, second.picture])
        assert np.array_equal(arrays["electrons"][here].compute()[0], first.truth.electrons)
        assert row["mean_DN"] == pytest.approx(frames.mean())
        difference = frames[0].astype(float) - frames[1]
        assert row["temporal_DN"] == pytest.approx(np.sqrt(difference.var() / 2))
        noise = row["temporal_DN"] / np.sqrt(2 * 64 * 48)  # of the mean of both images
        assert abs(frames.mean() - clean.mean()) < 5 * noise
    frames = result.frames.to_pylist()
    assert [(row["cell"], row["frame"]) for row in frames] == [(n // 2, n % 2) for n in range(8)]
    assert len({row["crc32c"] for row in frames}) == 8


def test_the_library_reads_and_writes_the_same_chunks(tmp_path):
    image = camtwin.open("baumer-vcxg-124m", scene="flat").grab()[0].image[:48, :64]  # pyright: ignore
    for codec in ("lz4", "zstd", "none"):
        array = zarr.create_array(
            tmp_path / codec,
            shape=(1, 48, 64),
            chunks=(1, 48, 64),
            dtype="uint16",
            compressors=compressors(codec, 2),
        )
        array[0] = image
        data = (tmp_path / codec / "c" / "0" / "0" / "0").read_bytes()
        assert data == store.chunk(np.ascontiguousarray(image), codec)
        assert np.array_equal(store.unchunked(data, (48, 64), np.uint16, codec), image)


def test_nothing_is_taken_twice_and_a_wider_file_takes_what_is_new(tmp_path):
    out = tmp_path / "out"
    plan().run(out)
    before = {path: path.stat().st_mtime_ns for path in (out / "cells").rglob("*.json")}
    taken: list[Progress] = []
    wide = plan(grid={"photons": [1e4, 1e5, 1e6], "Gain": [0, 6]})
    wide.run(out, told=taken.append)
    assert len(taken) == 2  # two new cells
    assert {path: path.stat().st_mtime_ns for path in before} == before
    wide.run(tmp_path / "fresh")
    assert contents(out) == contents(tmp_path / "fresh")


def test_a_half_written_cell_is_not_taken_for_whole(tmp_path):
    out, made = tmp_path / "out", plan()
    made.run(out)
    want, (first, second, *_) = contents(out), made.cells
    chunk = store.folder_of(out, first.id) / "frame.0"
    whole = chunk.read_bytes()
    chunk.unlink()
    chunk.write_bytes(whole[:-1])
    Path(store.record_path(out, second.id)).write_text('{"id": ')
    (out / "parts" / "rest").mkdir(parents=True)
    taken: list[int] = []
    made.run(out, told=lambda progress: taken.append(progress.done))
    assert len(taken) == 2
    assert contents(out) == want
    assert not (out / "parts").exists()


def failing(images, record):
    """Fail where the light is strong."""
    if record["columns"]["photons"] > 1e5:
        raise ValueError("too\nbright")
    return {"top": int(images.max()), "word": "dim"}


def test_a_function_that_raises_fails_its_cell_alone(tmp_path):
    result = plan(call=failing).run(tmp_path / "out")
    assert (result.made.done, result.made.failed) == (2, 2)
    rows = result.table.to_pylist()
    assert [row["status"] for row in rows] == ["done", "done", "failed", "failed"]
    assert rows[2]["reason"] == "ValueError: too bright"
    assert rows[0]["word"] == "dim"
    assert rows[0]["top"] == result.arrays()["64x48-uint16"]["frame"][:2].compute().max()
    assert len(result.arrays()["64x48-uint16"]["frame"]) == 4


@pytest.mark.parametrize("bad", [lambda i, r: 3, lambda i, r: {"a": [1]}, lambda i, r: {1: 1}])
def test_a_function_returns_numbers_by_names(bad, tmp_path):
    result = plan(call=bad, grid={"photons": [1e5]}).run(tmp_path / "out")
    assert result.table["reason"][0].as_py().startswith("the function returned ")


def test_a_disk_that_is_full_fails_the_cells_that_do_not_fit(tmp_path, monkeypatch):
    whole, count = store.Writer._whole, 0

    def full(self, name, data):
        nonlocal count
        count += 1
        if 3 <= count <= 5:
            raise OSError(28, os.strerror(28), str(self.part / name))
        whole(self, name, data)

    monkeypatch.setattr(store.Writer, "_whole", full)
    made, out = plan(), tmp_path / "out"
    result = made.run(out)
    rows = result.table.to_pylist()
    assert [row["reason"] for row in rows].count("No space left on device") == result.made.failed >= 2
    assert not [*out.glob("parts/*")]
    count = 100
    assert made.run(out).made.failed == 0  # there is room again
    made.run(tmp_path / "fresh")
    assert contents(out) == contents(tmp_path / "fresh")


def test_two_sweeps_do_not_write_to_one_folder(tmp_path):
    with store.writing(tmp_path / "out"), pytest.raises(store.Busy, match="another sweep is writing there"):
        plan().run(tmp_path / "out")


@pytest.mark.parametrize("kind", ["tiff", "npy", "dng"])
def test_folders_of_files_hold_the_same_images(kind, tmp_path):
    from camtwin import files, isp

    made = plan(format=kind, grid={"photons": [1e5]})
    result, (cell,) = made.run(tmp_path / "out"), made.cells
    with camtwin.open("baumer-vcxg-124m", scene=cell.scene, seed=cell.seed) as cam:
        cam.PixelFormat, cam.Width, cam.Height = "Mono12", 64, 48
        images = [frame.picture for frame in cam.grab(2)]
    for number, image in enumerate(images):
        path = result.out / "images" / f"000000-{number:04d}.{kind}"
        read = isp.dng.read_dng(path.read_bytes())[0].data if kind == "dng" else files.load_raw(path)  # pyright: ignore
        assert np.array_equal(read, image)
    assert not (result.out / "frames.zarr").exists()


def test_lazy_arrays_and_a_stream_are_the_images_on_disk(tmp_path):
    made = plan(keep=ALL, test_share=0.5)
    stored = made.run(tmp_path / "out").arrays()["64x48-uint16"]
    lazy = made.arrays()
    assert lazy.keys() == stored.keys() == {"frame", "electrons", "defects", "clean"}
    for kind, array in lazy.items():
        assert np.array_equal(array[3:7].compute(scheduler="synchronous"), stored[kind][3:7].compute()), kind
    samples = [*made.stream()]
    assert np.array_equal([s.image for s in samples], stored["frame"].compute())
    assert np.array_equal([s.truth["clean"] for s in samples], stored["clean"].compute())
    order = tuple((s.cell, s.frame) for s in samples)
    mixed = {tuple((s.cell, s.frame) for s in made.stream(shuffle=seed)) for seed in range(6)}
    assert len(mixed) > 1  # of 24 orders of four cells
    assert {tuple(sorted(each)) for each in mixed} == {order}
    splits = {split: {s.cell for s in made.stream(split=split)} for split in ("train", "test")}
    assert splits["train"] | splits["test"] == {0, 1, 2, 3}
    assert not splits["train"] & splits["test"]


def test_other_worlds_change_the_image():
    def image(**columns):
        window = {"Width": 256, "Height": 192, "OffsetX": 200, "OffsetY": 150, "ExposureTime": 10_000}
        made = camtwin.sweep(
            {"models": SMALL_CAMERA, "scene": "star", "specimen": "one", "set": {**window, **columns}}
        )
        (sample,) = made.stream()
        return sample

    plain = image()
    assert plain.record["frames"][0]["saturated"] == 0
    assert (image(hot_pixels=2000).image > plain.image + 5).sum() > 50
    assert (image(dead_pixels=2000).image + 5 < plain.image).sum() > 50
    for change in ({"lens_mtf50": 0.05}, {"lens_transmission": 0.5}):
        assert image(**change).image.std() < plain.image.std()
    assert np.array_equal(image().image, plain.image)
    late, (row,) = image(wait_ms=100).record["frames"][0], plain.record["frames"]
    assert late["timestamp_ns"] == row["timestamp_ns"] + 100_000_000


def test_chunk_values_and_codes_stand_in_the_table(tmp_path):
    window = {"Width": 1024, "Height": 320, "OffsetY": 1340, "ChunkModeActive": True}
    window |= {"ChunkSelector": "ExposureTime", "ChunkEnable": True, "ExposureTime": 1234}
    made = plan(scene="codes", grid={}, set=window, keep=["frames", "truth"], frames=1)
    coco.check(made)
    result = made.run(tmp_path / "out")
    (row,) = result.frames.to_pylist()
    assert json.loads(row["chunks"])["ExposureTime"] == 1234
    codes = json.loads(row["codes"])
    assert codes
    (path,) = coco.export(made, result)
    said = json.loads(path.read_text())
    (image,) = said["images"]
    assert (image["width"], image["height"]) == (1024, 320)
    assert (path.parent / "train" / image["file_name"]).exists()
    assert len(said["annotations"]) == len(codes)
    for mark, code in zip(said["annotations"], codes, strict=True):
        x, y, width, height = mark["bbox"]
        assert 0 <= x < x + width <= 1024
        assert 0 <= y < y + height <= 320
        inside = all(0 <= a < 1023 and 0 <= b < 319 for a, b in code["corners"])
        if inside:  # the polygon's area by the corners
            (x0, y0), _, (x1, y1), _ = code["corners"]
            assert mark["area"] == pytest.approx((x1 - x0) * (y1 - y0), rel=1e-4)


def test_a_polygon_is_cut_at_the_edges():
    cut = coco.clipped([(-5, -5), (5, -5), (5, 5), (-5, 5)], 10, 10)
    assert {*cut} == {(0, 5), (0, 0), (5, 0), (5, 5)}


def test_an_estimate_is_of_what_is_missing(tmp_path):
    made, out = plan(), tmp_path / "out"
    before = estimate(made, out, 0)
    assert (before.cells, before.missing, before.frames) == (4, 4, 8)
    assert before.seconds > 0
    assert not out.exists()
    made.run(out)
    size = sum(f.stat().st_size for f in (out / "cells").rglob("frame.*"))
    assert before.bytes == pytest.approx(size, rel=0.2)
    after = estimate(made, out, 0)
    assert (after.missing, after.frames, after.bytes) == (0, 0, 0)
    assert after.line.startswith("4 cells (4 are there), 0 images, 0.0 MB of ")


def test_a_plain_scheduler_gets_a_warning():
    assert "can run code on its workers" in insecure("tcp://10.0.0.5:8786")
    assert insecure("tls://10.0.0.5:8786") == ""


def test_a_scheduler_that_somebody_else_runs_gives_the_same_bytes(tmp_path):
    made, options = plan(), {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(processes=False, protocol="tcp", host="127.0.0.1", **options) as cluster:
        address = cluster.scheduler_address  # pyright: ignore[reportAttributeAccessIssue]
        made.run(tmp_path / "there", scheduler=address)
    made.run(tmp_path / "here")
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def test_xarray_opens_the_arrays(tmp_path):
    import xarray

    result = plan().run(tmp_path / "out")
    with xarray.open_zarr(result.out / "frames.zarr", group="64x48-uint16", consolidated=False) as found:
        assert dict(found.sizes) == {"image": 8, "y": 48, "x": 64}
        assert found["cell"].values.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
        assert np.array_equal(found["frame"].values, result.arrays()["64x48-uint16"]["frame"].compute())


def test_times_alone_need_no_images(tmp_path):
    result = plan(keep=[], set=SMALL | {"ExposureTime": 1000}).run(tmp_path / "out")
    first, second, *_ = result.frames.to_pylist()
    assert second["received_ns"] > first["received_ns"] > first["timestamp_ns"] + 1_000_000
    assert not (result.out / "frames.zarr").exists()
    assert not [*result.out.glob("cells/*/*/frame.*")]


def test_progress_says_what_is_left():
    progress = Progress(10, began=0.0)
    assert progress.left_s is None
    progress.add(Outcome(0, "a", bytes=3_000_000))
    progress.add(Outcome(1, "b", "full"))
    assert progress.left_s == pytest.approx(4 * progress.seconds, rel=0.01)
    assert ", 1 failed, " in progress.line
    slow = Progress(10, done=4, kept=2, began=time.monotonic() - 80.0)
    assert slow.line == "0.0 cells/s, 4 min 0 s left"
    slow.done = 10
    assert slow.line == "0.1 cells/s, making tables"


def test_the_card_says_what_how_and_whence(tmp_path):
    made = plan(title="Two lights", scene_licence="CC0", grid={"photons": [1e5]})
    text = (made.run(tmp_path / "out").out / "README.md").read_text()
    for part in (
        "# Two lights",
        "1 cells, 0 failed; 2 images",
        "Scenes: CC0.",
        "Baumer VCXG-124M",
        '"photons"',
    ):
        assert part in text
    assert "numbers that no data sheet gives" in text
