"""Limits of the frame rate, judged by the twin's steady state, and by lifting the limit that is named."""

from __future__ import annotations

from random import Random

import pytest

import camtwin
from camtwin.models import load, names
from camtwin.planner.limits import longest
from camtwin.planner.modules import is_module
from camtwin.planner.modules import rates_of as rates_of_module
from camtwin.planner.rates import limits_of, plan, rates_of, reached_Hz
from camtwin.planner.trial import Trial
from camtwin.session.session import Session
from camtwin.verify import claims, measures
from camtwin.verify.case import Case
from camtwin.verify.measurements import rates as ledger_rates
from unit.planner.at_random import disarrange, disarrange_module, lifted, module_Hz, steady_Hz, tolerance

MODELS = [name for name in names() if not is_module(load(name))]
MODULES = [name for name in names() if is_module(load(name))]


@pytest.mark.parametrize("model", MODELS)
def test_the_rate_is_the_one_that_the_twin_reaches(model: str, request: pytest.FixtureRequest):
    """Settings at random: within 0.1 %, or a row; lifting what is named raises the rate."""
    for number in range(int(request.config.getoption("--settings") or 0)):
        with camtwin.open(model, render=False) as cam:
            written = disarrange(cam, Random(f"{model} {number}"))
            told, found = rates_of(cam.twin.camera), steady_Hz(cam)
            near = pytest.approx(found, rel=tolerance(cam, found))
            assert told.fps == near, (number, told.sentence, written)
            room = [lifted(cam, name) for name in told.longest]
            if all(room):
                assert steady_Hz(cam) > found, (number, told.sentence, written)


@pytest.mark.parametrize("model", MODULES)
def test_the_rate_is_the_one_that_a_module_streams_at(model: str, request: pytest.FixtureRequest):
    for number in range(int(request.config.getoption("--settings") or 0)):
        module = camtwin.open_module(model)
        written = disarrange_module(module, Random(f"{model} {number}"))
        told, found = plan(model, written), module_Hz(module)
        assert told.fps == pytest.approx(found, rel=1e-5), (told.sentence, written)
        assert told.fps == pytest.approx(rates_of_module(module).fps)
        if told.longest == ("frame rate setting",):
            control = module.driver.control("frame_rate")
            limits = module.driver.limits(control.id)
            module.driver.set({control.id: min(round(1.1 * module.driver.get(control.id)), limits.max)})
            assert module_Hz(module) > found
        else:
            assert told.longest == ("mode",)
            assert all(change.fps > found for change in told.changes)


def test_the_rates_are_those_of_the_sheets(monkeypatch: pytest.MonkeyPatch):
    """Every rate that a ledger claims, with its region and its tolerance, is told, and nothing runs."""

    def planned(case: Case, cam: Session, how: str, frames: int = 0) -> float:
        if how == "triggered":
            case.write(cam, TriggerMode="On", TriggerSource="Software")
        return reached_Hz(cam.twin.camera)

    monkeypatch.setattr(ledger_rates, "rate_of", planned)
    measures.load()
    checked = 0
    for model in MODELS:
        for claim in claims.load(model).values():
            steps = measures.steps(claim) if "rate:" in claim.measure else ()
            for step in [step for step in steps if step.measurement.name == "rate"]:
                step(Case(model, claim))
                checked += 1
    assert checked > 60


def test_the_limit_is_named_and_lifting_it_raises_the_rate():
    with camtwin.open("baumer-vcxg-124m", render=False) as cam:
        rates = rates_of(cam.twin.camera)
        assert rates.longest == ("link",)
        packets = next(each for each in rates.changes if "GevSCPSPacketSize" in each.settings)
        assert packets.fps > rates.fps
        cam.GevSCPSPacketSize = 9000
        assert rates_of(cam.twin.camera).fps == pytest.approx(packets.fps)
        cam.ExposureTime = 500_000.0
        assert rates_of(cam.twin.camera).longest == ("exposure",)
        assert rates_of(cam.twin.camera).fps == pytest.approx(2.0)


def test_a_wanted_rate_is_reached_by_as_many_rows_as_possible():
    with camtwin.open("baumer-vcxg-124m", render=False) as cam:
        change = next(each for each in rates_of(cam.twin.camera, 15.0).changes if "Height" in each.settings)
        assert change.fps >= 15.0
        cam.Height = int(change.settings["Height"]) + 1
        assert reached_Hz(cam.twin.camera) < 15.0


def test_changes_are_tried_on_a_copy():
    with camtwin.open("baumer-vcxg-124m", render=False) as cam:
        before = cam.twin.camera.settings
        trial = Trial(cam.twin.camera)
        trial.set("Height", 100)
        assert longest(limits_of(trial)) == ("readout",) or longest(limits_of(trial)) == ("exposure",)
        assert cam.twin.camera.settings is before


def test_of_two_equal_limits_both_are_named_and_both_have_to_be_lifted():
    """Let AcquisitionFrameRate ask for the very rate of the link: the twin is no faster by either alone."""
    with camtwin.open("baumer-vcxg-124m", render=False) as cam:
        rate = rates_of(cam.twin.camera).fps
        cam.AcquisitionFrameRateEnable = True
        cam.AcquisitionFrameRate = rate
        assert rates_of(cam.twin.camera).longest == ("link", "frame rate setting")
        assert lifted(cam, "link")
        assert rates_of(cam.twin.camera).longest == ("frame rate setting",)
        assert steady_Hz(cam) == pytest.approx(rate, rel=1e-3)
        assert lifted(cam, "frame rate setting")
        assert steady_Hz(cam) > 1.09 * rate
