"""`camtwin verify`: a failing check is shown, what nobody can fail stays open, ledgers are whole."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from camtwin.models import names, rig_names
from camtwin.problem import Missing
from camtwin.report.terminal import plain_console
from camtwin.verify import claims, measures, proven, report, tables
from camtwin.verify.case import Case, Wrong
from camtwin.verify.claims import Claim, LedgerInvalid
from camtwin.verify.measures import Each, Measurement, Value
from camtwin.verify.verdicts import UNPROVEN, Result, VerifyProblem, claims_of, measure, verify
from unit.test_cli import camtwin as cli

MODEL = "baumer-vcxg-124m"
SHEETS = {
    "ids-imx412": 118,
    "sony-imx412-aack": 107,
    "framos-fsm-imx412": 230,
    "framos-fsm-imx477": 47,
    "framos-fsm-imx577": 47,
    "basler-aca4112-20um": 138,
    MODEL: 392,
    "flir-bfs-u3-04s2m": 14,
    "flir-bfs-u3-19s4m": 14,
    "flir-bfs-u3-32s4m": 14,
    "flir-bfs-u3-120s4c": 14,
    "flir-ffy-u3-16s2m": 14,
    "flir-bfs-u3-32s4c": 14,
    "basler-aca1920-40uc": 12,
    "basler-aca2040-55uc": 12,
    "basler-aca1920-40gc": 12,
    "hikrobot-mv-cb060-10gm": 8,
    "matrixvision-bluefox3-2024a": 8,
}
ROW = Claim("x.width", "Sensor", "width", "4096", "px", "behaviour", "Width reads 4096", "own")


@pytest.fixture
def own(monkeypatch):
    """Return a function that makes another one the measurement `own`, for this test alone."""
    measures.load()
    return lambda run: monkeypatch.setitem(measures.MEASUREMENTS, "own", Measurement("own", run))


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
    with pytest.raises(ValueError, match="not a range"):
        _ = rows["baumer.frame_counter"].span


HEAD = "\t".join(claims.COLUMNS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id\tclaim", "the columns are id, claim"),
        (f"{HEAD}\na\tb", "line 2: 2 columns"),
        (f"{HEAD}\na\ts\tc\t1\t\tguess\tx\t", "the kind 'guess' is none of"),
        (f"{HEAD}\n" + "a\ts\tc\t1\t\tidentity\tx\t\n" * 2, "line 3: a stands in two rows"),
    ],
)
def test_a_broken_ledger_is_told(text, message):
    with pytest.raises(LedgerInvalid, match=message):
        claims.parse("m", text)


def judged(own, run):
    own(run)
    (result,) = measure(MODEL, [ROW])
    return result


def test_what_is_as_claimed_passes(own):
    found = judged(own, lambda case: case.equal("Width", case.open().Width, case.claim.number))
    assert (found.verdict, found.measured, found.reason) == ("pass", "Width 4096", "")


def test_what_is_not_fails_with_its_reason(own):
    found = judged(own, lambda case: case.near("width", 4095.0, case.claim.number, 0.5, "px"))
    assert (found.verdict, found.measured) == ("fail", "width 4095 px")
    assert found.reason == "width is 4095 px, wanted is 4096 within 0.5 px"


def test_a_check_that_raises_fails_in_one_line(own):
    def broken(case):
        raise OSError("two\nlines")

    found = judged(own, broken)
    assert (found.verdict, found.reason) == ("fail", "OSError: two lines")


def test_a_check_that_measures_nothing_fails(own):
    assert judged(own, lambda case: None).reason == "the check measured nothing"


def test_what_this_computer_lacks_leaves_a_row_open(own):
    def without(case):
        raise Missing("it needs a C compiler")

    found = judged(own, without)
    assert (found.verdict, found.reason) == ("open", "not on this computer: it needs a C compiler")


def test_what_is_left_out_is_told(own):
    def half(case):
        case.saw("one half")
        case.leaves_out("the other half")

    found = judged(own, half)
    assert (found.verdict, found.reason) == ("pass", "not measured: the other half")


def test_without_a_mutation_a_behaviour_is_open(own):
    own(lambda case: case.saw("4096"))
    (open_row,) = verify(MODEL, [ROW])
    assert (open_row.verdict, open_row.reason, open_row.measured) == ("open", UNPROVEN, "4096")
    (passed,) = verify(MODEL, [ROW], proven=[ROW.id])
    assert passed.verdict == "pass"


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
    case = Case(MODEL, ROW)
    with pytest.raises(Wrong):
        wrong(case, case.open())


@pytest.mark.parametrize("model", SHEETS)
def test_every_row_is_measured_or_said_to_be_open(model):
    measures.load()
    rows = claims.load(model).values()
    assert [row.id for row in rows if not measures.steps(row) and not measures.later(row)] == []


def read(measure):
    def run(
        case: Case, word: str, number: float, *values: Value, way: Literal["up", "down"] = "up", **more: Value
    ):
        raise NotImplementedError

    def each(case: Case, volts: float, line: Each, *values: Value):
        raise NotImplementedError

    table = {
        "own": Measurement("own", run),
        "each": Measurement("each", each),
        "other": Measurement("other", lambda case: None),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measures, "MEASUREMENTS", table)
        return measures.steps(replace(ROW, measure=measure, ledger="m"))


def test_a_measure_is_read_by_the_annotations_of_its_function():
    first, second = read("own:Width,2,3,x,1.5,True,way=down,Height=7; other")
    assert first.args == ("Width", 2.0, 3, "x", 1.5, True)
    assert first.options == {"way": "down", "Height": 7}
    assert (second.measurement.name, second.args) == ("other", ())
    assert read("later:nobody can, yet; so") == read("") == ()
    assert [step.args for step in read("each:2,Line1+Line2,x+y")] == [
        (2.0, n, "x+y") for n in ("Line1", "Line2")
    ]


@pytest.mark.parametrize(
    ("measure", "message"),
    [
        ("othe", "measure 'othe': there is no measurement 'othe', the nearest is 'other'"),
        ("nikon:1", "measure 'nikon:1': there is no measurement 'nikon'"),
        ("other; own:x", "measure 'own:x': missing a required argument: 'number'; the arguments of own are:"),
        ("other:1", "measure 'other:1': too many positional arguments; the arguments of other are: none"),
        ("own:x,y", "number is 'y', which is no number"),
        ("own:x,1,way=left", "way is 'left', which is none of up, down"),
    ],
)
def test_a_wrong_measure_is_told_in_one_line(measure, message):
    with pytest.raises(LedgerInvalid) as told:
        read(measure)
    assert str(told.value).startswith(f"m: {ROW.id}: ")
    assert message in str(told.value)
    assert "\n" not in str(told.value)


def test_ledgers_are_of_models_and_share_no_row():
    assert claims.models() == sorted(SHEETS)
    assert {*rig_names()} <= {*SHEETS}  # of the others no source says how they are wired
    assert len({row for model in SHEETS for row in claims.load(model)}) == sum(SHEETS.values())
    assert len({claims.family(model) for model in SHEETS}) == len(SHEETS)


def test_every_proof_is_of_a_row_that_is_measured():
    measures.load()
    rows = {row: claim for model in SHEETS for row, claim in claims.load(model).items()}
    for model in SHEETS:
        assert all(measures.steps(rows[row]) for row in proven.proven(model))


def result(name, verdict, reason=""):
    claim = Claim(f"baumer.{name}", "A section", f"claim of {name}", "1", "px", "behaviour", "how")
    return Result(claim, f"measured {name}", verdict, reason)


MIXED = [
    result("a.passes", "pass"),
    result("a.part", "pass", "not measured: the other half"),
    result("b.one", "open", "nobody did"),
    result("b.two", "open", "nobody did"),
    result("b.other", "open", "no rig"),
    result("c.fails", "fail", "it is 7, wanted is 1"),
]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_table_tells_failures_first_and_fits(width, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(width))
    tables._tell(plain_console(), "A camera", MIXED, every=False)
    said = capsys.readouterr().out
    assert said.startswith("fail  baumer.c.fails\n      claim     claim of c.fails\n")
    assert "      but       it is 7, wanted is 1\n" in said
    assert "open  2, nobody did\n      b.one, .two\n" in said
    assert "open  1, no rig\n      b.other\n" in said
    assert "pass  1 in part, not measured: the other half\n      a.part\n" in said
    assert "a.passes" not in said
    assert said.endswith("A camera: 6 claims, 2 pass, 1 fail, 3 open\n")
    assert max(map(len, said.splitlines())) <= width
    assert "\x1b" not in said
    tables._tell(plain_console(), "A camera", MIXED, every=True)
    assert "pass  baumer.a.passes\n" in capsys.readouterr().out


def test_the_page_needs_nothing_else_and_shows_every_row():
    page = report.html("a-model", "A <camera>", "its sheet", MIXED, "1.0")
    assert "http" not in page
    assert "A &lt;camera&gt;" in page
    assert [page.count(f'<tr class="{v}"') for v in ("pass", "fail", "open")] == [2, 1, 3]
    assert '<a href="#baumer.c.fails">claim of c.fails</a>: it is 7, wanted is 1' in page
    assert page == report.html("a-model", "A <camera>", "its sheet", MIXED, "1.0")
    assert "there is no twin" not in page
    assert "there is no twin" in report.html("a-model", "A", "its sheet", MIXED, "1.0", twin=False)


def test_an_unknown_row_is_told():
    with pytest.raises(VerifyProblem, match="no claim of its ledger matches 'nikon'"):
        claims_of(MODEL, "nikon")


def test_on_the_command_line(tmp_path):
    only = ["verify", MODEL, "--only", "baumer.conformity.*"]
    page = tmp_path / "a.html"
    said = json.loads(cli(*only, "--json", "--html", str(page)).stdout)
    assert (list(said), said["model"]) == (["model", "claims"], MODEL)
    assert {tuple(row) for row in said["claims"]} == {
        ("id", "claim", "sheet", "measured", "verdict", "reason")
    }
    assert {row["verdict"] for row in said["claims"]} == {"pass"}
    assert page.read_text().startswith("<!doctype html>")
    assert cli(*only).stdout.endswith("Baumer VCXG-124M: 7 claims, 7 pass, 0 fail, 0 open\n")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("nikon", f"no model 'nikon': there are {', '.join(names())}\n"),
    ],
)
def test_no_twin_to_verify_is_told_in_one_line(model, message):
    done = cli("verify", model, ok=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"camtwin: {message}")


def test_ctrl_c_ends_all_processes_without_a_word():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    command = [sys.executable, "-m", "camtwin", "verify", MODEL, "--jobs", "2"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, start_new_session=True, **pipes) as run:
        deadline = time.monotonic() + 30
        while len(session(run.pid)) < 4 and time.monotonic() < deadline:  # itself, a tracker, two workers
            time.sleep(0.05)
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does
        out, err = run.communicate(timeout=30)
    assert (run.returncode, out, err) == (130, "", "")
    while session(run.pid) and time.monotonic() < deadline:  # the tracker ends when it hears of our end
        time.sleep(0.05)
    assert session(run.pid) == []


def session(leader):
    """Return the living processes of a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, number = path.read_text().rpartition(")")[2].split()[:4]
            if int(number) == leader and state != "Z":
                found.append(path.parent.name)
    return found
