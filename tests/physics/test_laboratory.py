"""`camtwin lab emva` finds hidden parameters of a synthetic camera, and says truly how well.

Sets of twelve cameras are written as files and measured through the command line. A deviation is judged in
the standard errors that the laboratory states (laboratory.py): none beyond 5, and their mean square that of
numbers whose errors are what they are said to be. Each fault that is tried must fail one of the two.
"""

import json
from functools import partial

import pytest
from typer.testing import CliRunner

from camtwin.cli import app
from camtwin.emva1288 import dark, folder, results, spatial, stacks, temporal
from camtwin.emva1288.stacks import Average
from physics.laboratory import deviations, misstated, too_far
from physics.synthetic_set import INDEPENDENT, SPECTRUM, Hidden, wrote

SEEDS = range(12)
FAULTY = 8  # little noise in DN, so that rounding counts


@pytest.fixture(scope="session")
def sets(tmp_path_factory):
    """Folder and truth of a seed, written once."""
    known = {}

    def of(seed):
        if seed not in known:
            place = tmp_path_factory.mktemp(f"set{seed}")
            known[seed] = place, wrote(place, Hidden.drawn(seed), seed)
        return known[seed]

    return of


def measured(place):
    done = CliRunner().invoke(app, ["lab", "emva", str(place), "--json"])
    assert done.exit_code == 0, done.output or done.exception
    (channel,) = json.loads(done.stdout)["channels"]
    return channel


@pytest.fixture(scope="session")
def judged(sets):
    """Deviations of a seed, measured once."""
    known = {}

    def of(seed):
        if seed not in known:
            place, truth = sets(seed)
            known[seed] = deviations(measured(place), truth)
        return known[seed]

    return of


@pytest.mark.parametrize("seed", SEEDS)
def test_hidden_parameters_are_found(judged, seed):
    assert not too_far(judged(seed))


def test_its_errors_are_what_it_says(judged):
    """Compare each figure's errors over the seeds, and those of all independent figures together."""
    for name in INDEPENDENT:
        assert not misstated([judged(seed)[name] for seed in SEEDS]), name
    assert not misstated([judged(seed)[name] for seed in SEEDS for name in INDEPENDENT])


def test_efficiency_over_wavelength_and_straight_response(sets):
    place, truth = sets(0)
    found = measured(place)
    eta = truth["eta"] / 100
    for row, share in zip(found["efficiency"], SPECTRUM.values(), strict=True):
        assert abs(row["value"] - share * eta) < 5 * row["error"]
    # The relative noise of a mean at 5 % of saturation, where it is largest; LE is a mean of magnitudes.
    assert found["figures"]["LE"]["value"] < 100 / (0.05 * truth["mu_e_sat"] * 2 * 61440) ** 0.5
    assert found["missing"] == []


def scaled(factor, function, *args):
    return function(*args) * factor


def unaveraged(right):
    """Evaluate a stack as if averaging had left no temporal noise in it."""
    return lambda stack: right(Average(10**9, stack.mean_DN, stack.var_y_DN2))


def more_light(right):
    """1 % more photons than there were."""
    return lambda part, photons, *args: right(part, photons * 1.01, *args)


def slower(right):
    """Return a doubling temperature 3 % high."""
    return lambda *args: right(*args)._replace(value=1.03 * right(*args).value)


def upside_down(right):
    """Pairs of which one image is upside down: the fixed pattern stays in their difference."""
    return lambda first, second: right(first, second[::-1])


FAULTS = {
    "R and K 1 % high": (temporal, "slope_through_zero", lambda right: partial(scaled, 1.01, right)),
    "variance 1 % high": (stacks, "pair_variance_DN2", lambda right: partial(scaled, 1.01, right)),
    "fixed pattern in the variance": (stacks, "pair_variance_DN2", upside_down),
    "rounding not taken off": (temporal, "QUANTIZATION_DN2", lambda right: 0.0),
    "clipping by a wrong share": (temporal, "CLIPPED_SHARE", lambda right: 0.003),
    "dark current 2 % high": (dark, "slope", lambda right: partial(scaled, 1.02, right)),
    "doubling 3 % high": (results, "doubling_K", slower),
    "temporal noise left in the stacks": (spatial, "spatial_variances_DN2", unaveraged),
    "rows for columns": (spatial, "PARTS", lambda right: ("total", "row", "column", "pixel")),
    "1 % more photons": (folder, "Shot", more_light),
}
"""Module, name, and what it becomes of it."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_laboratory_is_noticed(monkeypatch, sets, judged, name):
    module, what, wrong = FAULTS[name]
    assert not too_far(judged(FAULTY))
    monkeypatch.setattr(module, what, wrong(getattr(module, what)))
    place, truth = sets(FAULTY)
    assert too_far(deviations(measured(place), truth))


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_errors_that_are_misstated_are_noticed(judged, factor):
    assert misstated([judged(seed)[name] / factor for seed in SEEDS for name in INDEPENDENT])
