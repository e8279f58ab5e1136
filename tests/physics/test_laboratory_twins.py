"""The laboratory finds what the twins of both sensors are made of, within its own statistics.

Through the bench of `camtwin lab emva MODEL --quick`: half a megapixel, seconds. A twin whose sensor has one
parameter a little wrong must not pass.
"""

from dataclasses import replace
from functools import lru_cache
from math import hypot

import pytest

from camtwin.emva1288.bench import QUICK, Bench
from camtwin.emva1288.results import results
from camtwin.emva1288.shots import reduced
from camtwin.models import load
from camtwin.session.session import Session
from camtwin.twins import build
from camtwin.verify.comparison import device_under_test
from physics.laboratory import deviations, misstated, too_far
from physics.synthetic_set import saturation_e
from unit.emva1288.synthetic import Truth

MODELS = {"baumer-vcxg-124m": 4e-3, "basler-aca4112-20um": 10e-3, "sony-imx412-aack": 1 / 120}
"""The exposure times that they have from the factory, s."""
INDEPENDENT = ("R", "K", "mu_y_dark", "DSNU.pix", "PRNU.pix", "T_d", "mu_I_var")


@lru_cache
def measured(model, seed=1288, **wrong):
    """Return the channels, as --json prints them. wrong: factors on parameters of the sensor's sheet."""
    sheet = load(model)
    p = sheet.sensor.parameters
    changed = replace(p, **{name: getattr(p, name) * factor for name, factor in wrong.items()})
    sensor = sheet.sensor.model_copy(update={"parameters": changed})
    twin = build(sheet.model_copy(update={"sensor": sensor}), seed=seed, link_bits_per_s=None)
    bench = Bench(Session(twin), device_under_test(sheet), QUICK)
    return results(bench.subject, reduced(bench.subject, bench.shots())).row()["channels"]


def truth(model, channel):
    """Return the figures from the model's data, by hand."""
    p = load(model).parameters
    eta = p.quantum_efficiency(channel["wavelength_nm"], channel["channel"][:1])
    dark_e = p.dark_current_e_per_s * MODELS[model]  # on a bench at the temperature of that figure
    first_C = channel["dark_current"][0]["temperature_C"]
    K, sigma_d = p.gain_DN_per_e, (p.read_noise_e**2 + dark_e) ** 0.5
    min_e = (sigma_d**2 + 1 / 12 / K**2 + 1 / 4) ** 0.5 + 1 / 2
    camera = Truth(K, sigma_d, eta, p.pedestal_DN, p.adc_bits, dsnu=p.dsnu_e, prnu=p.prnu)
    full_e = saturation_e(camera, dark_e)
    current = p.dark_current_e_per_s * 2 ** ((first_C - p.dark_reference_C) / p.dark_doubling_K)
    return {
        "eta": 100 * eta,
        "R": K * eta,
        "K": K,
        "mu_y_dark": p.pedestal_DN + K * dark_e,
        "sigma_d": sigma_d,
        "mu_e_min": min_e,
        "mu_p_min": min_e / eta,
        "mu_e_sat": full_e,
        "mu_p_sat": full_e / eta,
        **parts("DSNU", p.dsnu_e, p.column_dsnu_e, p.row_dsnu_e, p.row_noise_e / QUICK.stack**0.5),
        **parts("PRNU", 100 * p.prnu, 100 * p.column_prnu, 100 * p.row_prnu),
        "mu_I": current,
        "mu_I_var": current,
        "T_d": p.dark_doubling_K,
    }


def parts(name, total, column, row, left=0.0):
    """Return a nonuniformity and its parts; a part that the sensor lacks is not judged.

    Its estimate is cut at 0.

    left: what averaging leaves of row noise, which cannot be distinguished from rows that differ.
    """
    own = {name: hypot(total, left), f"{name}.col": column, f"{name}.row": hypot(row, left)}
    own[f"{name}.pix"] = (total**2 - column**2 - row**2) ** 0.5
    return {part: value for part, value in own.items() if value}


def judged(model, **wrong):
    """Deviations from the model's data, channel by channel."""
    return {c["channel"]: deviations(c, truth(model, c)) for c in measured(model, **wrong)}


@pytest.mark.parametrize("model", MODELS)
def test_the_twin_is_what_its_data_say(model):
    found = judged(model)
    assert [too_far(z) for z in found.values()] == [{} for _ in found]
    assert list(found) == (["R", "Gr", "Gb", "B"] if "sony" in model else [""])


def test_the_errors_are_what_the_laboratory_says():
    """Compare the errors of all channels of all twins together."""
    every = [z for model in MODELS for z in judged(model).values()]
    assert not misstated([z[name] for z in every for name in INDEPENDENT])


@pytest.mark.parametrize("model", MODELS)
def test_efficiency_over_wavelength(model):
    """At each wavelength; the gain is common to all, so in its errors they go up and down together."""
    p = load(model).parameters
    for channel in measured(model):
        for row in channel["efficiency"]:
            true = p.quantum_efficiency(row["wavelength_nm"], channel["channel"][:1])
            assert abs(row["value"] - true) < 5 * row["error"], (channel["channel"], row)


@pytest.mark.parametrize("model", MODELS)
def test_dark_current_at_each_temperature(model):
    p = load(model).parameters
    for channel in measured(model):
        assert len(channel["dark_current"]) == 5
        for row in channel["dark_current"]:
            true = p.dark_rate_e_per_s(row["temperature_C"])
            for found in (row["mean_e_per_s"], row["variance_e_per_s"]):
                assert abs(found["value"] - true) < 5 * found["error"], row["temperature_C"]


@pytest.mark.parametrize("model", ["baumer-vcxg-124m", "sony-imx412-aack"])
@pytest.mark.parametrize(
    ("parameter", "factor", "shows"),
    [
        ("gain_DN_per_e", 1.01, "K"),
        ("read_noise_e", 1.02, "sigma_d"),
        ("dsnu_e", 1.05, "DSNU.pix"),
        ("prnu", 1.03, "PRNU.pix"),
        ("dark_current_e_per_s", 2.0, "mu_I"),
        ("dark_doubling_K", 1.05, "T_d"),
        ("pedestal_DN", 1.001, "mu_y_dark"),
    ],
)
def test_a_twin_that_is_a_little_wrong_is_noticed(model, parameter, factor, shows):
    assert any(shows in too_far(z) for z in judged(model, **{parameter: factor}).values())


def test_a_colour_that_answers_wrongly_is_noticed():
    """As if the mosaic began a pixel further right: red is read where green is."""
    channels = measured("sony-imx412-aack")
    wrong = [{**c, "channel": name} for c, name in zip(channels, ("Gr", "R", "B", "Gb"), strict=True)]
    assert all("eta" in too_far(deviations(c, truth("sony-imx412-aack", c))) for c in wrong)
