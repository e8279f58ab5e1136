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

import pytest

import warm

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
        descriptor = folder / "emva1288.txt"
        reference = [sys.executable, HERE / "emva_reference.py", descriptor]
        said = subprocess.run(reference, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    (channel,) = json.loads(done.stdout)["channels"]
    ours = {name: (f["value"], f["error"]) for name, f in channel["figures"].items()}
    return ours, json.loads(said.stdout)


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
