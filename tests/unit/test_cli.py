"""The command line as a user meets it: answers at once, JSON where it lists, one line where it refuses."""

import json
import resource
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import warm

MODEL = "baumer-vcxg-124m"
SNAP = ["snap", MODEL, "-o", "a.png"]
RUN = ["run", MODEL, "--bind", "127.0.210.1"]  # where no other test has a camera


def camtwin(*args: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
    """Run it warm."""
    return checked(warm.run(*args), ok)


def cold(*args: str) -> subprocess.CompletedProcess[str]:
    """Run it as a user does, in a new interpreter."""
    command = [sys.executable, "-m", "camtwin", *args]
    return checked(subprocess.run(command, capture_output=True, text=True, timeout=60))


def checked(done: subprocess.CompletedProcess[str], ok: bool = True) -> subprocess.CompletedProcess[str]:
    assert (done.returncode == 0) == ok, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_help_answers_at_once():
    """Measure processor time, because a busy computer takes longer."""
    shown, best_s = "", 9.0
    for _ in range(3):
        begun = processor_s()
        shown = cold("--help").stdout
        best_s = min(best_s, processor_s() - begun)
    for command in ("list", "show", "xml", "run", "exec", "snap", "demo"):
        assert f"\n  {command} " in shown
    assert best_s < 0.4


def processor_s() -> float:
    """Return what processes that have ended took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_version():
    assert cold("--version").stdout == f"camtwin {version('camtwin')}\n"


def test_list():
    assert MODEL in camtwin("list").stdout
    rows = json.loads(camtwin("list", "--json").stdout)
    imx412 = "Sony IMX412-AACK"
    assert len(rows) >= 15
    wired = {MODEL, "framos-fsm-imx412", "ids-imx412", "sony-imx412-aack"}
    assert [list(row.values()) for row in rows if row["model"] in wired] == [
        [MODEL, "Baumer VCXG-124M", "Sony IMX304", "gige", "camtwin", MODEL],
        ["framos-fsm-imx412", "FRAMOS FSM-IMX412", imx412, "v4l2", "camtwin", "framos-fsm-imx412"],
        ["ids-imx412", "IDS IMX412 USB3", imx412, "usb3", "camtwin", "ids-imx412"],
        ["sony-imx412-aack", imx412, imx412, "csi2", "camtwin", "sony-imx412-aack"],
    ]
    assert list(rows[1]) == ["model", "title", "sensor", "link", "from", "sheet"]


def test_show_tells_assumptions_from_facts():
    everything = json.loads(camtwin("show", MODEL, "--json").stdout)["facts"]
    assumed = json.loads(camtwin("show", MODEL, "--assumptions", "--json").stdout)["facts"]
    assert assumed == [fact for fact in everything if fact["assumed"]]
    assert 10 < len(assumed) < len(everything)
    text = camtwin("show", MODEL, "--assumptions").stdout
    assert text.count("assumed: ") == len(assumed)
    assert "pedestal_DN" in text
    assert "read_noise_e" not in text


@pytest.mark.parametrize("width", ["80", "120"])
def test_show_is_in_chapters_and_fits_the_terminal(width, monkeypatch):
    monkeypatch.setenv("COLUMNS", width)
    said = camtwin("show", MODEL).stdout
    assert "\n\nAcquisitionControl\n  AcquisitionMode            entries Continuous, SingleFrame" in said
    assert max(map(len, said.splitlines())) <= int(width)
    assert "\x1b" not in said


def test_xml_is_the_description():
    assert camtwin("xml", MODEL).stdout.startswith("<?xml")


def test_snap_saves_what_an_image_shows_before_chance(tmp_path):
    small = ("--set", "Width=64", "--set", "Height=32", "--scene", "flat")
    done = camtwin("snap", MODEL, "-o", str(tmp_path / "a.tiff"), "-n", "2", "--truth", *small)
    files = [str(tmp_path / f"a-000{n}{end}") for n in (1, 2) for end in (".tiff", ".truth.npz")]
    assert done.stdout.split() == files
    with np.load(files[1]) as truth:
        assert truth["electrons"].shape == truth["defects"].shape == (32, 64)
        assert json.loads(str(truth["code_texts"])) == []
        assert truth["code_corners"].shape == (0, 4, 2)
    refused = camtwin("snap", MODEL, "-o", str(tmp_path / "a.dng"), "--truth", ok=False)
    assert "--truth is of raw images" in refused.stderr


def test_snap_writes_pictures_with_their_settings(tmp_path):
    settings = [f"--set={text}" for text in ("Width=64", "Height=8", "PixelFormat=Mono12", "Gain=6")]
    said = camtwin("snap", MODEL, "-o", str(tmp_path / "a.png"), "-n", "2", "--seed", "5", *settings).stdout
    assert said.splitlines() == [str(tmp_path / "a-0001.png"), str(tmp_path / "a-0002.png")]
    with Image.open(tmp_path / "a-0002.png") as picture:
        meta = json.loads(picture.text["camtwin"])  # pyright: ignore[reportAttributeAccessIssue]
        assert np.asarray(picture).shape == (8, 64)
    assert (meta["model"], meta["seed"], meta["frame_id"]) == (MODEL, 5, 2)
    assert meta["settings"]["Gain"] == {"All": 6.0}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["show", "nikon"], "camtwin: no model 'nikon': there are basler-aca1920-40gc, basler-aca1920-40uc"),
        (
            ["verify", "nikon"],
            "camtwin: no model 'nikon': there are basler-aca1920-40gc, basler-aca1920-40uc",
        ),
        (
            ["verify", MODEL, "--only", "zoom"],
            "camtwin: baumer-vcxg-124m: no claim of its ledger matches 'zoom'",
        ),
        (["verify", MODEL, "--html", "/no/a.html"], "camtwin: /no/a.html: there is no such folder"),
        (["snap", MODEL, "-o", "a.gif"], "camtwin: a.gif: cannot write .gif; use .tif, .tiff, .png, .npy"),
        ([*SNAP, "--set", "Width=17"], "camtwin: Width 17 is not 16 plus a multiple of 16"),
        ([*SNAP, "--set", "Wdith=32"], "camtwin: no feature Wdith; do you mean Width?"),
        ([*SNAP, "--scene", "gone.jpg"], "camtwin: gone.jpg: No such file or directory"),
        (
            [*SNAP, "--scene", "flatt"],
            "camtwin: scene 'flatt': neither a scene nor a readable image (flatt: No",
        ),
        ([*SNAP, "--set", "Width=abc"], "camtwin: Width 'abc': must be a whole number"),
        ([*SNAP, "--set", "Gain=abc"], "camtwin: Gain 'abc': must be a number"),
        (
            ["show", "baumer"],
            "camtwin: no model 'baumer': there are basler-aca1920-40gc, basler-aca1920-40uc",
        ),
        (["show", "framos-fsm-imx477"], "camtwin: framos-fsm-imx477 has no twin yet: only its surroundings"),
        (["wiring", "/dev/zero"], "camtwin: /dev/zero: is above the maximum of 1 MiB for a text file"),
        ([*SNAP, "--link-speed", "7X"], "camtwin: link speed '7X' is none of"),
        (["snap", MODEL, "-o", "/no/a.png"], "camtwin: /no/a.png: there is no such folder"),
        ([*SNAP, "--set", "TriggerMode=On"], "camtwin: no frame comes: TriggerMode is On"),
        (["run", MODEL, "--journal", "/no/j"], "camtwin: /no/j: there is no such folder"),
        (["run", MODEL, "--pcap", "/no/c"], "camtwin: /no/c: there is no such folder"),
        ([*RUN, "--pcap", "/dev/full"], "camtwin: /dev/full: No space left on device"),
        (["replay", "/no/j"], "camtwin: /no/j: No such file or directory"),
        (["replay", "/etc/hostname"], "camtwin: line 1 "),
        (["snap", MODEL, "-o", "/dev/null/a.png"], "camtwin: /dev/null/a.png: there is no such folder"),
        (["run", MODEL, "--fault", "drop=2"], "camtwin: fault drop 2 is not within 0 to 1"),
        (["run", MODEL, "--pace", "0"], "camtwin: pace '0' is neither a number above 0 nor max"),
        (["run", MODEL, MODEL, "--serial", "7"], "camtwin: --serial, --journal and --pcap are for one twin"),
        (["run", MODEL, MODEL, "--bind", "x"], "camtwin: Expected 4 octets in 'x'"),
        (["run", MODEL, MODEL, "--bind", "255.255.255.255"], "camtwin: 4294967296 (>= 2**32) is not"),
        (
            ["run", *[MODEL] * 3, "--bind", "127.0.0.1", "--bind", "127.0.0.9"],
            "camtwin: 2 addresses for 3 twins: give --bind once, or once for each twin",
        ),
        (
            ["run", MODEL, "--bind", "203.0.113.7"],
            "camtwin: no network interface has the address 203.0.113.7",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line(args, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = camtwin(*args, ok=False).stderr
    assert said.startswith(message)
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "text", "message"),
    [
        (
            "wiring",
            '[devices]\npsu = { kind = "suply", volts = 24 }',
            "devices.psu.kind 'suply': is none of supply, ",
        ),
        ("wiring", "x = [", "is not TOML: "),
        ("play", "seconds = 1", "plan: is missing"),
        ("play", 'seconds = "a"', "seconds 'a': must be a valid number"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(command, text, message, tmp_path):
    file = tmp_path / "a.toml"
    for begin in ("", "\ufeff"):  # as some editors begin a file
        file.write_text(begin + text, encoding="utf-8")
        said = camtwin(command, str(file), ok=False).stderr
        assert said.startswith(f"camtwin: {file}: {message}")
        assert said.count("\n") == 1
        assert "{'" not in said


def test_a_plan_may_begin_with_a_byte_order_mark(tmp_path):
    plan = Path(__file__).parents[2] / "examples/wiring/npn-sensor.toml"
    (tmp_path / "a.toml").write_text("\ufeff" + plan.read_text(), encoding="utf-8")
    assert camtwin("wiring", str(tmp_path / "a.toml")).stdout == camtwin("wiring", str(plan)).stdout


def test_what_cannot_be_done_ends_a_new_process_alike():
    with pytest.raises(AssertionError, match=r"^camtwin: no model 'nikon': [^\n]*\n"):
        cold("show", "nikon")


@pytest.mark.parametrize(
    "command", [["list"], ["xml", MODEL], ["run", MODEL, "--for", "0.1", "--bind", "127.0.0.77"]]
)
def test_a_full_disk_behind_stdout_is_one_line(command):
    with open("/dev/full", "w") as full:
        args = [sys.executable, "-m", "camtwin", *command]
        done = subprocess.run(args, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode
    assert done.stderr == "camtwin: stdout: No space left on device\n"
