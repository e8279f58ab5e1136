"""`camtwin verify`: a failing check is shown, what nobody can fail stays open, ledgers are whole."""

import json
from collections import Counter

import pytest

from camtwin.lab import case as cases
from camtwin.lab import claims, mutations, report
from camtwin.lab.case import Case, Wrong, open_twin
from camtwin.lab.claims import Claim, LedgerInvalid
from camtwin.lab.verify import UNPROVEN, VerifyProblem, claims_of, counts, groups, measure, verify
from camtwin.models import load
from unit.test_cli import camtwin as cli

MODEL = "baumer-vcxg-124m"
SHEETS = {
    "ids-imx412": 118,
    "sony-imx412": 107,
    "framos-fsm-imx412": 230,
    "basler-aca4112-20um": 138,
    MODEL: 392,
}
ROW = Claim("x.width", "Sensor", "width", "4096", "px", "behaviour", "Width reads 4096")


@pytest.fixture
def checks(monkeypatch):
    """Checks of this test alone."""
    cases.load_checks()
    table: dict = {}
    monkeypatch.setattr(cases, "CHECKS", table)
    return table


@pytest.mark.parametrize(("model", "rows"), SHEETS.items())
def test_ledgers_are_whole(model, rows):
    assert len(claims.load(model)) == rows


def test_kinds_of_the_baumer():
    kinds = Counter(claim.kind for claim in claims.load(MODEL).values())
    assert kinds == {"behaviour": 362, "identity": 7, "physical": 23}


def test_values_are_read_as_the_sheet_prints_them():
    rows = claims.load(MODEL)
    assert rows["baumer.gain.range"].span == (0, 48)
    assert rows["baumer.frame_counter"].number == 2**32
    assert rows["baumer.binning.size.2x1"].size == (2048, 3000)
    assert rows["baumer.pixelformat.list"].names == ("Mono8", "Mono10", "Mono12", "Mono12p")
    assert rows["baumer.ptp"].absent
    with pytest.raises(ValueError, match="no range"):
        _ = rows["baumer.frame_counter"].span


HEAD = "\t".join(claims.COLUMNS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id\tclaim", "the columns are id, claim"),
        (f"{HEAD}\na\tb", "line 2: 2 columns"),
        (f"{HEAD}\na\ts\tc\t1\t\tguess\tx", "the kind 'guess' is none of"),
        (f"{HEAD}\n" + "a\ts\tc\t1\t\tidentity\tx\n" * 2, "line 3: a stands in two rows"),
    ],
)
def test_a_broken_ledger_is_told(text, message):
    with pytest.raises(LedgerInvalid, match=message):
        claims.parse("m", text)


def judged(checks, check, row=ROW):
    checks[row.id] = check
    (result,) = measure(MODEL, [row])
    return result


def test_what_is_as_claimed_passes(checks):
    found = judged(checks, lambda case: case.equal("Width", case.open().Width, case.claim.number))
    assert (found.verdict, found.measured, found.reason) == ("pass", "Width 4096", "")


def test_what_is_not_fails_with_its_reason(checks):
    found = judged(checks, lambda case: case.near("width", 4095.0, case.claim.number, 0.5, "px"))
    assert (found.verdict, found.measured) == ("fail", "width 4095 px")
    assert found.reason == "width is 4095 px, wanted is 4096 within 0.5 px"


def test_a_check_that_raises_fails_in_one_line(checks):
    def broken(case):
        raise OSError("two\nlines")

    found = judged(checks, broken)
    assert (found.verdict, found.reason) == ("fail", "OSError: two lines")


def test_a_check_that_measures_nothing_fails(checks):
    assert judged(checks, lambda case: None).reason == "the check measured nothing"


def test_without_a_mutation_a_behaviour_is_open(checks):
    checks[ROW.id] = lambda case: case.saw("4096")
    (open_row,) = verify(MODEL, [ROW])
    assert (open_row.verdict, open_row.reason, open_row.measured) == ("open", UNPROVEN, "4096")
    (proven,) = verify(MODEL, [ROW], proven=[ROW.id])
    assert proven.verdict == "pass"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda case, cam: case.refuses(cam, "Width", 32),
        lambda case, cam: case.takes(cam, "Width", 24),
        lambda case, cam: case.limits(cam, "Width", 16, 4095),
        lambda case, cam: case.entries(cam, "PixelFormat", ["Mono8"]),
        lambda case, cam: case.entries(cam, "PixelFormat", [*cam.entries("PixelFormat"), "Mono16"]),
        lambda case, cam: case.lacks(cam, "Wid*"),
        lambda case, cam: case.within("x", 3, 4, 5),
        lambda case, cam: case.that("one is two", 1 == 2),
    ],
)
def test_what_a_case_asks_can_fail(wrong):
    case = Case(MODEL, ROW, open_twin)
    with pytest.raises(Wrong):
        wrong(case, case.open())


def test_every_row_is_measured_or_said_to_be_open():
    cases.load_checks()
    silent = [row for row in claims.load(MODEL) if row not in cases.CHECKS and not cases.why_later(row)]
    assert silent == []


def test_every_check_and_mutation_is_for_a_row():
    cases.load_checks()
    rows = claims.load(MODEL)
    assert not cases.CHECKS.keys() - rows.keys()
    assert not mutations.proven() - cases.CHECKS.keys()


def test_every_change_of_the_sheet_has_its_place():
    mutations.load_mutations()
    sheet = load(MODEL)
    for mutation in mutations.MUTATIONS.values():
        for path, value in (mutation.sheet or {}).items():
            assert mutations.changed(sheet, path, value) != sheet, f"{mutation.name} changes nothing"


SLICE = [
    "Width in steps of 8",
    "Height in steps of 2",
    "BinningHorizontal to 4",
    "TimerDelay in steps of 2",
    "the clock ticks every 4 ns",
    "a grid of 12 us",
    "the timer is deaf to ExposureEnd",
    "the mask of actions is not asked",
    "chunk Width has a bit wrong",
    "the optocoupler switches on in 5 us",
    "there is a PtpEnable",
    "ReverseY does nothing",
]


def test_a_slice_of_the_mutations_turns_its_rows_red():
    mutations.load_mutations()
    trials = list(mutations.run(MODEL, [mutations.MUTATIONS[name] for name in SLICE], exact=False))
    assert [t.problem for t in trials if t.problem] == []


def test_a_mutation_that_does_nothing_is_told():
    (row,) = claims_of(MODEL, "baumer.roi.width_min")
    idle = mutations.Mutation("idle", (row.id,))
    results = measure(MODEL, [row], idle.opener())
    assert mutations.judge(idle, results, {row.id: "pass"}).problem == f"{row.id} stays green"


def test_a_row_that_turns_red_undeclared_is_told():
    (row,) = claims_of(MODEL, "baumer.roi.width_min")
    wide = mutations.Mutation("wide", (), sheet={"features.Width.min": 32})
    results = measure(MODEL, [row], wide.opener())
    assert "turns red: lowest Width is 32" in mutations.judge(wide, results, {row.id: "pass"}).problem


def test_the_page_needs_nothing_else_and_shows_every_row():
    results = [r for group in groups(claims_of(MODEL, "baumer.conformity")) for r in measure(MODEL, group)]
    page = report.html(MODEL, "A <camera>", results, "1.0")
    assert "http" not in page
    assert "A &lt;camera&gt;" in page
    assert page.count('<tr class="pass">') == len(results) == counts(results)["pass"] == 7


def test_an_unknown_row_is_told():
    with pytest.raises(VerifyProblem, match="no row of its ledger is like 'nikon'"):
        claims_of(MODEL, "nikon")


def test_on_the_command_line(tmp_path):
    only = ["verify", MODEL, "--only", "baumer.conformity.*"]
    page = tmp_path / "a.html"
    said = json.loads(cli(*only, "--json", "--html", str(page)).stdout)
    assert said["model"] == MODEL
    assert {tuple(row) for row in said["claims"]} == {
        ("id", "claim", "sheet", "measured", "verdict", "reason")
    }
    assert {row["verdict"] for row in said["claims"]} == {"pass"}
    assert page.read_text().startswith("<!doctype html>")
    assert cli(*only).stdout.endswith("Baumer VCXG-124M: 7 claims, 7 pass, 0 fail, 0 open\n")
