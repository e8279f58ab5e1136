"""The benchmarks run, and the kernels' baseline is the same model as the kernel it is compared with."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from camtwin.sensor import expose, fixed_pattern
from physics.small_sensor import PARAMETERS, light, readout

SCRIPTS = Path(__file__).parents[2] / "benchmarks"


def run(script, *options):
    command = [sys.executable, SCRIPTS / script, "--quick", *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_kernels_measures_every_case_and_writes_both_files(tmp_path):
    numbers, page = tmp_path / "numbers.json", tmp_path / "page.md"
    shown = run("kernels.py", "--json", numbers, "--write", page)
    assert page.read_text().endswith("\n\n" + shown)
    results = json.loads(numbers.read_text())["Kernels"]["results"]
    kernels = [r for r in results if r["name"].startswith("kernel")]
    assert len(kernels) == 7
    assert {r["pixels"] for r in kernels} == {4096 * 64, 640 * 480}
    for r in results:
        assert 0 < r["least_s"] <= r["median_s"]
        assert r["mpix_per_s"] == pytest.approx(r["pixels"] / r["median_s"] / 1e6)
        assert r["best_mpix_per_s"] == pytest.approx(r["pixels"] / r["least_s"] / 1e6)
    speed = {r["name"]: r["best_mpix_per_s"] for r in results}
    ratio = re.search(r"kernel, 4096x64, 1 thread \| .* \| ([0-9.]+) \| 1 \|", shown)
    assert ratio
    assert float(ratio[1]) == pytest.approx(
        speed["kernel, 4096x64, 1 thread"] / speed["numpy, 4096x64"], abs=0.051
    )


def test_gentl_says_whether_its_limits_hold(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    gentl = runpy.run_path(str(SCRIPTS / "gentl.py"))
    times = {
        "copy of a frame": [1.0, 2.0, 9.0],
        "way alone, GenTL, announced buffers": [3.9, 7.8, 99.0],
        "rendering alone": [30.0, 30.0, 30.0],
        "live, GenTL, announced buffers": [30.0, 40.0, 50.0],
    }
    cases = {name: gentl["Case"](name, seconds, seconds) for name, seconds in times.items()}
    *_, way, live, beside = gentl["report"](cases)
    assert way == "- holds: way alone, GenTL, announced buffers, copies of a frame 3.90 (at most 4.0)"
    assert live == "- MISSED: live, GenTL, announced buffers, of rendering alone 0.75 (at least 0.8)"
    assert beside.endswith("over that of live, GenTL, announced buffers 0.75")


def test_kernels_says_that_pyxel_is_not_there(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(SCRIPTS)
    pyxel = runpy.run_path(str(SCRIPTS / "kernels.py"))["pyxel"]
    missing = tmp_path / "python"
    expected = f"Pyxel was not measured: there is no {missing}, which `make benchmark` sets up."
    assert pyxel(missing, 64, 64, 1) == expected
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho no module pyxel >&2\nexit 1\n")
    broken.chmod(0o755)
    assert pyxel(broken, 64, 64, 1) == "Pyxel was not measured: no module pyxel"


def test_each_script_writes_its_own_section_and_leaves_the_others(tmp_path):
    numbers, page = tmp_path / "numbers.json", tmp_path / "page.md"
    page.write_text("# Old head\n\n## Streaming\n10 Gb/s.\n\n## Camera\nslow.\n\n## Last\nword\n")
    numbers.write_text('{"Streaming": {"Gb": 10}}')
    shown = run("camera.py", "--json", numbers, "--write", page)
    head, first, second, last = page.read_text().split("\n## ")
    assert head.startswith("# Benchmarks\n")
    assert (first, last) == ("Streaming\n10 Gb/s.\n", "Last\nword\n")
    assert f"## {second}" == shown
    found = json.loads(numbers.read_text())
    assert found["Streaming"] == {"Gb": 10}
    assert found["Camera"]["without_pictures"]["frames"] == 90
    virtual_s = found["Camera"]["without_pictures"]["virtual_s"]
    assert virtual_s == pytest.approx(10, rel=0.05)
    assert found["Camera"]["without_pictures"]["took_s"] < virtual_s  # by a factor of thousands
    for run_of in found["Camera"]["free_run"].values():
        assert run_of["own_fps"] == pytest.approx(15.2, abs=0.05)  # the sensor's, by its data file
        assert run_of["made_fps"] > 0


def test_the_numpy_baseline_is_the_full_model(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    numpy_model = runpy.run_path(str(SCRIPTS / "kernels.py"))["numpy_model"]
    r, pattern, rng = readout(), fixed_pattern(PARAMETERS, 1), np.random.default_rng(1)
    for mean_e, tolerance in ((0, 0.05), (1000, 0.6), (20_000, 0.01)):
        ours = expose(light(mean_e, r), pattern, PARAMETERS, r).astype(float)
        theirs = numpy_model(light(mean_e, r), pattern, PARAMETERS, r, rng).astype(float)
        # Six standard errors of the difference of two means; saturated, only float32 rounding is left.
        error = 6 * np.sqrt(2 * (0.405**2 * (mean_e + 4) + 1 / 12) / ours.size)
        assert abs(ours.mean() - theirs.mean()) < min(error, tolerance)
        assert theirs.std() == pytest.approx(ours.std(), rel=0.05)


def test_developing_is_judged_beside_others(tmp_path):
    numbers = tmp_path / "numbers.json"
    shown = run("isp.py", "--json", numbers)
    found = json.loads(numbers.read_text())["Developing"]
    assert found["cpsnr"]["malvar (default)"][0] > found["cpsnr"]["plain Malvar"][0]
    assert found["false_colour"]["malvar (default)"] < found["false_colour"]["bilinear"]
    assert found["colour"]["A"]["mixtures"] < found["colour"]["A"]["single"]
    for name in ("A", "D65"):
        colour = found["colour"][name]
        assert colour["table mixtures"] <= 1.5 < colour["floor"]  # no matrix gets there
        assert colour["floor"] <= colour["mixtures"]  # fitted on what is judged
    without, reduced, _ = found["noise"][0]
    assert reduced > without + 3.5
    assert found["white"]["card"] < 2
    assert set(found["seconds"]) > {
        "copy of the raw frame",
        "core",
        "all stages",
        "OpenCV EA, transform, LUT",
    }
    assert "Traceback" not in shown


def test_the_bench_of_pictures_says_which_peer_is_missing(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(SCRIPTS)
    import isp_peers  # pyright: ignore[reportMissingImports]

    absent = tmp_path / "python"
    with pytest.raises(isp_peers.MissingPeer, match=f"there is no {absent}, which `make bench-isp` sets up"):
        isp_peers.colour(absent)
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho No module named colour >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(isp_peers.MissingPeer, match="was not measured: No module named colour"):
        isp_peers.colour(broken)
    answering = tmp_path / "answering"
    answering.write_text(
        f"#!{sys.executable}\nimport json, sys, numpy as np\nprint('9.9', flush=True)\n"
        "for line in sys.stdin:\n    a = json.loads(line)\n"
        "    np.save(a['output'], np.load(a['input']) * 2)\n    print('done', flush=True)\n"
    )
    answering.chmod(0o755)
    peer = isp_peers.colour(answering)
    assert peer.version == "9.9"
    assert peer.ask("Malvar2004", np.arange(6.0)).tolist() == [0, 2, 4, 6, 8, 10]
    peer.close()
