"""Every break names rows that there are, changes what there is, can be mended; some of each kind are tried."""

import sys
from importlib.resources import files

import pytest

import camtwin
from camtwin.models import load, load_ecosystem, load_rig, names, rig_names
from camtwin.rig import sheet_of
from camtwin.verify import proven
from camtwin.verify.verdicts import claims_of, measure
from mutations import registry
from mutations.__main__ import updated
from mutations.registry import Break
from mutations.run import Trial, declared, judge, run
from mutations.tools import answers, changed, place

MODEL = "baumer-vcxg-124m"
SHEETS = rig_names()

SLICE = {
    MODEL: [
        "Width in steps of 8",
        "Height says that its step is 2",
        "BinningHorizontal to 4",
        "TimerDelay has inc 2",
        "the clock ticks every 4 ns",
        "a grid of 12 us",
        "a queue of 257",
        "TriggerMode does not go back to Off",
        "the timer is deaf to ExposureEnd",
        "the mask of actions is not asked",
        "ExposureEnd is swallowed",
        "chunk Width has a bit wrong",
        "the optocoupler switches on in 5 us",
        "one debouncer for both edges",
        "there is a PtpEnable",
        "PayloadSize counts 200 bytes too many",
        "sets do not hold Height",
        "the sequencer is deaf to Line2",
        "a power cycle forgets the user sets",
        "after a restart Gain 1.0",
        "no event on normal_high",
        "SingleFrame takes two",
    ],
    "basler-aca4112-20um": [
        "Height is 2992 at first",
        "exposures of TriggerWidth are 1 ms longer",
        "Line4: logic1_min is wrong",
        "LineStatus says the opposite",
        "Line2: hint_delay of an output is wrong",
        "Line4 leaves 0.5 V",
        "warmth changes no residual",
        "Line1 returns through pin 6",
        "opto lines say that they are TTL",
        "the yellow cable has all wires",
        "a cable of USB 2.0 does not fit",
        "pictures leave upside down",
        "it never goes off",
    ],
    "sony-imx412-aack": [
        "lines of FullHd take 2 % more",
        "FrameLength gets 200 lines more",
        "the short exposure is 10 % longer",
        "12 bits end at 4094",
        "all pixels see as green ones do",
        "the rail analog wants 3 V",
        "20 MHz are an input clock",
        "a pulse at XVS takes 20 us",
        "bits of the one-time memory can be cleared",
    ],
    "framos-fsm-imx412": [
        "SCL is on no pin",
        "pin 56 is no ground",
        "the rail 1V05_A is at pin 1",
        "no kits are on offer",
        "AGX takes three",
        "FSA-FT1/A does not go on FPA-A/NVN",
        "footnote 3 refuses nothing",
        "video-links-disabled",
        "adapters feed nothing",
        "six modes are read",
    ],
    "framos-fsm-imx477": ["FSM-IMX477: table2.broadcast is not Red", "FSM-IMX477: FSA-FT3/A carries it"],
}


@pytest.mark.parametrize("model", SHEETS)
def test_every_change_of_the_sheet_has_its_place(model):
    twin = model in names()
    sheets = {"parse_ecosystem": load_ecosystem("framos"), "parse_rig": load_rig(model)}
    sheets |= {"parse": load(model)} if twin else {}
    for mutation in registry.load().values():
        if not mutation.of(model).proves:
            continue
        for path, value in (mutation.sheet or {}).items():
            parser, rest = place(path)
            assert changed(sheets[parser], rest, value) != sheets[parser], f"{mutation.name} changes nothing"


@pytest.mark.parametrize("model", SLICE)
def test_a_slice_of_the_mutations_turns_its_rows_red(model):
    chosen = [registry.load()[name].of(model) for name in SLICE[model]]
    trials = list(run(model, chosen, exact=False))
    assert [t.problem for t in trials if t.problem] == []


def test_what_is_broken_is_mended():
    with registry.broken(*registry.named("there is a Timer2")):
        assert camtwin.open(MODEL).entries("TimerSelector") == ("Timer1", "Timer2")
    assert camtwin.open(MODEL).entries("TimerSelector") == ("Timer1",)


def test_dependants_are_of_mutations_and_have_a_reason():
    for file in (registry.HERE / "dependants").iterdir():
        assert file.name.removesuffix(".tsv") in SHEETS
        head, *rows = [line.split("\t") for line in file.read_text("ascii").splitlines()]
        assert head == ["mutation", "dependants", "why"]
        assert all(len(row) == 3 and all(row) for row in rows)
        assert {row[0] for row in rows} <= registry.load().keys()


def test_what_surrounds_a_model_without_a_twin_is_verified_and_can_be_wrong():
    alone = "framos-fsm-imx477"
    assert alone not in names()
    title = sheet_of(alone).title
    wrong = Break("thin air", (), sheet={"rig.title": "thin air"})
    with registry.broken(wrong):
        assert sheet_of(alone).title == "thin air"
    assert sheet_of(alone).title == title


def test_a_mutation_that_does_nothing_is_told():
    (row,) = claims_of(MODEL, "baumer.roi.width_min")
    idle = Break("idle", (row.id,))
    results = measure(MODEL, [row])
    assert judge(idle, results, {row.id: "pass"}).problem == f"{row.id} stays green"


def test_a_row_that_turns_red_undeclared_is_told():
    (row,) = claims_of(MODEL, "baumer.roi.width_min")
    wide = Break("wide", (), sheet={"features.Width.min": 32})
    with registry.broken(wide):
        results = measure(MODEL, [row])
    assert "turns red: lowest Width is 32" in judge(wide, results, {row.id: "pass"}).problem


def test_a_break_that_does_not_fit_the_code_proves_nothing():
    (row,) = claims_of(MODEL, "baumer.roi.width_min")
    stale = Break("stale", (row.id,), wrong=answers("limits", lambda true, cam: true(cam)))
    with registry.broken(stale):
        results = measure(MODEL, [row])
    assert "error of the break" in judge(stale, results, {row.id: "pass"}).problem


def test_a_dependant_that_stays_green_is_told():
    (row,) = claims_of(MODEL, "baumer.roi.width_min")
    idle = Break("idle", (), dependants=("baumer.roi.*", "baumer.nikon"))
    said = judge(idle, measure(MODEL, [row]), {row.id: "pass"}).problem
    assert said == f"{row.id} stays green; no row is like baumer.nikon"


@pytest.mark.parametrize("model", SHEETS)
def test_what_is_proven_is_what_mutations_declare(model):
    """The file is neither stale nor written by hand."""
    written = (files("camtwin.verify") / proven.HOME / f"{model}.tsv").read_text("ascii")
    assert written == proven.text(model, declared(model)), f"run `make mutations MODEL={model}`"


def parts():
    """List what the package's modules and classes consist of."""
    found = {}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "camtwin":
            for key, value in list(vars(module).items()):
                found[name, key] = value
                if isinstance(value, type) and value.__module__.startswith("camtwin"):
                    found |= {(name, key, own): it for own, it in vars(value).items()}
    return found


def test_every_break_can_be_made_and_mended():
    with registry.broken():
        before = parts()
    for one in registry.load().values():
        with registry.broken(one):
            pass
    after = parts()
    assert [key for key in before.keys() | after.keys() if before.get(key) is not after.get(key)] == []


def test_a_break_of_another_name_is_told():
    with pytest.raises(LookupError, match="no break is called nikon"):
        registry.named("noise-frozen+nikon")


def test_proofs_are_those_of_the_latest_trials():
    one, two, gone = Break("one", ("a", "b")), Break("two", ("b",)), ("a", "gone")
    before = {("a", "one"), ("b", "one"), ("b", "two"), gone}
    now = {("a", "one"), ("b", "one"), ("b", "two")}
    assert updated(before, now, [Trial(one, {}, "")]) == now
    assert updated(before, now, [Trial(one, {}, "a stays green")]) == {("b", "two")}
    assert updated(set(), now, [Trial(two, {}, "")]) == {("b", "two")}
