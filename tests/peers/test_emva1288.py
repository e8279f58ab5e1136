"""The reference implementation of EMVA 1288 finds in saved images what the laboratory found in the twin.

Both look at the same images, but for the dark ones: it takes one pair, the laboratory all. It counts 70 % of
saturation from the step of the highest variance, the laboratory from the clipped pixels. So numbers of one
image set agree in far less than their standard errors; those of saturation in a step or two of light, which
are 2 % each. Its threshold, and what follows for DR, is an approximation: sigma_y.dark / K + 1/2.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import lru_cache
from math import log10, sqrt
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import tifffile

import warm
from unit.emva1288.synthetic import HEIGHT, WIDTH, Camera, Truth

HERE = Path(__file__).parent
SAME = ("DSNU", "DSNU.pix", "PRNU", "PRNU.pix")
"""Of the very same images by the same formulas: to a hundredth of the standard error."""
FITS = ("R", "K", "eta")
"""Of lines that may end a step earlier: to a standard error."""
STEP = 1.1 / 54
"""Of the light, as a share of saturation."""


@lru_cache
def both(fault: str = "") -> tuple[dict[str, tuple[float, float]], dict[str, float | None]]:
    """(value, error) that the laboratory tells, and what the reference says to the images it saved."""
    with TemporaryDirectory() as place:
        folder = Path(place) / "set"
        lab = ["lab", "emva", "baumer-vcxg-124m", "--quick", "--seed", "3", "--json", "--save", folder]
        done = warm.run(*lab, breaks=fault)
        assert done.returncode == 0, done.stderr
        theirs = reference(folder / "emva1288.txt")
    return figures(done.stdout), theirs


def figures(text: str) -> dict[str, tuple[float, float]]:
    """Return (value, error) of each figure of the laboratory's one channel."""
    (channel,) = json.loads(text)["channels"]
    return {name: (f["value"], f["error"]) for name, f in channel["figures"].items()}


def reference(descriptor: Path) -> dict[str, float | None]:
    """Return what the reference implementation says to a descriptor."""
    command = [sys.executable, HERE / "emva_reference.py", descriptor]
    said = subprocess.run(command, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


def disagreements(fault: str = "") -> dict[str, tuple[float, float | None]]:
    """Name -> (ours, theirs) where they are not the same."""
    ours, theirs = both(fault)
    for name in theirs:  # its electrons are those of its own gain
        if name.startswith("DSNU") and (e := theirs[name]) is not None:
            theirs = {**theirs, name: e * (theirs["K"] or 0.0) / ours["K"][0]}
    limits = {name: 0.01 * ours[name][1] for name in SAME}
    limits |= {name: ours[name][1] for name in FITS}
    # That of one pair of dark images, 1 / sqrt(2 n), and of the gain.
    limits["sigma_d"] = 4 * ours["sigma_d"][0] * sqrt(2 / 512**2) / 2 + 3 * ours["sigma_d"][1]
    limits |= {name: 2 * STEP * ours[name][0] for name in ("mu_p_sat", "mu_e_sat")}
    limits["SNR_max"] = 20 * log10(1 + STEP)
    wrong = {}
    for name, limit in limits.items():
        said = theirs[name]
        if said is None or not abs(said - ours[name][0]) <= limit:
            wrong[name] = (ours[name][0], said)
    for name in ("DSNU.row", "DSNU.col", "PRNU.row", "PRNU.col"):  # it tells nan of what is below 0
        if abs((theirs[name] or 0.0) - ours[name][0]) > 0.01 * ours[name][1]:
            wrong[name] = (ours[name][0], theirs[name])
    sigma_y_e = sqrt(ours["sigma_d"][0] ** 2 + 1 / 12 / ours["K"][0] ** 2)
    DR = 20 * log10(ours["mu_e_sat"][0] / (sigma_y_e + 0.5))
    if abs((theirs["DR"] or 0.0) - DR) > 20 * log10(1 + 2 * STEP):
        wrong["DR"] = (DR, theirs["DR"])
    return wrong


def test_the_reference_implementation_agrees():
    assert disagreements() == {}


@pytest.mark.parametrize(
    ("fault", "shows"),
    [
        ("lab-variance-of-the-difference", "K"),
        ("lab-slope-with-offset", "R"),
        ("lab-temporal-noise-in-the-stacks", "DSNU"),
        ("lab-photons-of-the-next-step", "eta"),
        ("lab-saves-other-images", "DSNU.pix"),
    ],
)
def test_what_is_wrong_is_noticed(fault, shows):
    assert shows in disagreements(fault)


def test_it_agrees_on_light_by_exposure_time(tmp_path):
    """A hidden camera of 2000 e-/s and 2 e-: both find the dark current, and the dark noise without it.

    The laboratory weights the lines in the dark by their errors, the reference does not: they agree within
    some errors, and the laboratory finds what is hidden.
    """
    truth = Truth(eta=0.6, dark=2000.0)
    camera = Camera(truth, seed=11)
    times = np.linspace(0.0003, truth.clip_e / 0.6e6 * 1.1, 40)
    half = float(times[len(times) // 2])
    lines = [f"n {truth.bits} {WIDTH} {HEIGHT}"]
    for part, seconds, mu_p, count in (
        *(("b", t, 1e6 * t, 2) for t in times.tolist()),
        *(("d", t, 0.0, 2) for t in times.tolist()),
        ("b", half, 1e6 * half, 16),
        ("d", half, 0.0, 16),
    ):
        lines.append(f"{part} {seconds * 1e9!r}" + (f" {mu_p!r}" if mu_p else ""))
        for image in camera.shoot(mu_p, count, seconds):
            lines.append(f"i {len(lines)}.tif")
            tifffile.imwrite(tmp_path / lines[-1].split()[1], image)
    (tmp_path / "set.txt").write_text("\n".join(lines) + "\n")
    done = warm.run("lab", "emva", str(tmp_path), "--json")
    assert done.returncode == 0, done.stderr
    ours, theirs = figures(done.stdout), reference(tmp_path / "set.txt")
    for name, hidden in (("sigma_d", 2.0), ("mu_I", 2000.0), ("mu_I_var", 2000.0), ("eta", 0.6), ("K", 0.4)):
        value, error = ours[name]
        unit = 100 if name == "eta" else 1
        assert abs(value - hidden * unit) < 5 * error, name
        assert abs((theirs[name] or 0.0) - value) < 6 * error, name
