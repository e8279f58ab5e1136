"""The benchmark runs, and its baseline is the same model as the kernel it is compared with."""

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

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "kernels.py"


def test_it_measures_every_case_and_writes_both_files(tmp_path):
    numbers, report = tmp_path / "numbers.json", tmp_path / "report.md"
    command = [sys.executable, SCRIPT, "--quick", "--json", numbers, "--write", report]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == report.read_text()
    results = json.loads(numbers.read_text())["results"]
    kernels = [r for r in results if r["name"].startswith("kernel")]
    assert len(kernels) == 6
    assert {r["pixels"] for r in kernels} == {4096 * 64, 640 * 480}
    for r in results:
        assert 0 < r["least_s"] <= r["median_s"]
        assert r["mpix_per_s"] == pytest.approx(r["pixels"] / r["median_s"] / 1e6)
    ratio = {r["name"]: r["mpix_per_s"] for r in results}
    shown = re.search(r"kernel, 4096x64, 1 thread \| .* \| ([0-9.]+) \| 1 \|", report.read_text())
    assert shown
    expected = ratio["kernel, 4096x64, 1 thread"] / ratio["numpy, 4096x64"]
    assert float(shown[1]) == pytest.approx(expected, abs=0.051)


def test_the_numpy_baseline_is_the_full_model():
    numpy_model = runpy.run_path(str(SCRIPT))["numpy_model"]
    r, pattern, rng = readout(), fixed_pattern(PARAMETERS, 1), np.random.default_rng(1)
    for mean_e, tolerance in ((0, 0.05), (1000, 0.6), (20_000, 0.01)):
        ours = expose(light(mean_e, r), pattern, PARAMETERS, r).astype(float)
        theirs = numpy_model(light(mean_e, r), pattern, PARAMETERS, r, rng).astype(float)
        # Six standard errors of the difference of two means; saturated, only float32 rounding is left.
        error = 6 * np.sqrt(2 * (0.405**2 * (mean_e + 4) + 1 / 12) / ours.size)
        assert abs(ours.mean() - theirs.mean()) < min(error, tolerance)
        assert theirs.std() == pytest.approx(ours.std(), rel=0.05)
