"""Each command on each model that `camtwin list` names, and one's own: it works, or says why not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import warm
from camtwin import models
from camtwin.camera.links import KINDS
from camtwin.links.kind import OPENINGS
from unit.cli.words import COMMANDS

Here = Path
Run = Callable[..., str]
PLAN = """
[{plan}devices]
cam = {{ kind = "camera", model = "{model}" }}
psu = {{ kind = "supply", volts = {volts}, amperes = 2 }}
"""
NO_LINK = "has no link to run on"


def run(*args: object, code: int = 0) -> str:
    """Run a command; return what it prints, or why it cannot be run."""
    done = warm.run(*args, timeout=110)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr if code == 2 else done.stdout


def served(model: str) -> bool:
    return KINDS[models.load(model).link] in OPENINGS


def journalled(model: str) -> bool:
    opening = OPENINGS.get(KINDS[models.load(model).link])
    return opening is not None and "--journal" not in opening.without


def shown(model: str, _: Here) -> None:
    listed = model if model in models.names() else "baumer-vcxg-124m"
    assert f'"model": "{listed}"' in run("list", "--json")
    facts = json.loads(run("show", model, "--json"))["facts"]
    assert len([line for line in run("show", model).splitlines() if line]) > len(facts)


def described(model: str, _: Here) -> None:
    assert run("xml", model).rstrip().endswith("</RegisterDescription>")


def snapped(model: str, here: Here) -> None:
    width = "192" if "Width" in models.load(model).features else ""
    small = [f"--set=Width={width}"] if width else []
    run("snap", model, "-o", here / "a.tiff", *small)
    assert (here / "a.tiff").stat().st_size > 1000
    run("develop", here / "a.tiff", "-o", here / "out", "--preset", "fast")
    with Image.open(here / "out/a.png") as image:
        assert np.asarray(image).std() > 0


def on_the_air(model: str, here: Here) -> None:
    journal, code = here / "run.jsonl", 0 if served(model) else 2
    said = run("run", model, "--for", "0.3", "--bind", "127.0.0.91", "--port", "3391", code=code)
    assert ("ready at" if served(model) else NO_LINK) in said
    args = ("run", model, "--for", "0", "--bind", "127.0.0.91", "--port", "3391", "--journal", journal)
    if not journalled(model):
        assert "run on" in (told := run(*args, code=2)) or f"--journal: not for {model}" in told
        return
    run(*args)
    assert "0 of 0 frames are the same" in run("replay", journal)


def wired(model: str, here: Here) -> None:
    for command, plan, head in (("wiring", "", ""), ("play", "plan.", "seconds = 0.1\n")):
        file = here / f"{command}.toml"
        file.write_text(head + PLAN.format(plan=plan, model=model, volts=24))
        done = warm.run(command, file)
        assert done.returncode in (0, 1, 2)
        assert "Traceback" not in done.stderr
        assert (done.returncode == 2) == (not models.has_rig(model)), done.stderr


def dumped(model: str, here: Here) -> None:
    file, bare = here / "a.csi2", models.load(model).link in ("csi2", "v4l2")
    said = run("csi2", "dump", model, "-o", file, "-n", 1, code=0 if bare else 2)
    if bare:
        assert run("csi2", "show", file, "-n", 3)
        run("csi2", "check", file)
    else:
        assert "sends no CSI-2" in said


def checked(model: str, _: Here) -> None:
    done = warm.run("check", model, "--json", timeout=110)
    found = json.loads(done.stdout)
    assert done.returncode == bool(found["missing"])
    assert found["assumed"]
    assert all(rate["fps"] > 1 for rate in found["rates"])


def lens(model: str, _: Here) -> None:
    assert json.loads(run("lens", model, "--focal", 25, "--distance", 500, "--json"))["width_mm"] > 0


def planned(model: str, _: Here) -> None:
    told = json.loads(run("plan", model, "--json"))
    periods = {limit["name"]: limit["period_ms"] for limit in told["limits"]}
    assert max(periods, key=periods.__getitem__) in told["longest"]
    assert told["fps"] == pytest.approx(1e3 / max(periods.values()), rel=1e-3)


def verified(model: str, _: Here) -> None:
    claims = json.loads(run("verify", model, "--jobs", 1, "--only", "pixel", "--json"))["claims"]
    assert claims
    assert not [claim for claim in claims if claim["verdict"] == "fail"]


def in_the_laboratory(model: str, _: Here) -> None:
    report = json.loads(run("lab", "emva", model, "--set", "Width=96", "--set", "Height=64", "--json"))
    gain = models.load(model).parameters.converting(report["bits"]).gain_DN_per_e
    for channel in report["channels"]:
        measured = channel["figures"]["K"]
        assert abs(measured["value"] - gain) < 5 * measured["error"]


ON_EACH: dict[str, tuple[Callable[[str, Here], None], tuple[str, ...]]] = {
    "shown": (shown, ("list", "show")),
    "described": (described, ("xml",)),
    "snapped": (snapped, ("snap", "develop")),
    "on_the_air": (on_the_air, ("run", "replay")),
    "dumped": (dumped, ("csi2 dump", "csi2 show", "csi2 check")),
    "checked": (checked, ("check",)),
    "wired": (wired, ("wiring", "play")),
    "lens": (lens, ("lens",)),
    "planned": (planned, ("plan",)),
    "verified": (verified, ("verify",)),
    "in_the_laboratory": (in_the_laboratory, ("lab emva",)),
}
NO_MODEL = {
    "demo": "has one model",
    "exec": "runs another program",
    "csi2 damage": "takes a dump",
    "explain": "takes a dump of registers",
    "gentl": "tells where a library is",
    "libsv": "tells where a library is",
    "schema": "is about data sheets",
    "diff": "takes two models: tests/unit/planner/test_sheet_diff.py",
    "compare": "asks a camera: tests/peers/test_live_camera.py",
    "record": "asks a camera: tests/peers/test_recordings.py",
    "new": "writes a data sheet",
    "adopt": "writes a data sheet",
    "serve": "serves an API, which tests/unit/server asks",
    "sweep": "takes a file: tests/unit/sweeps",
    "studio": "serves a page, which tests/studio opens",
    "ecosystem": "is about parts of an ecosystem",
}


@pytest.mark.parametrize("model", [*filter(models.has_rig, models.names())])
@pytest.mark.parametrize("tried", ON_EACH)
def test_each_command_on_each_model(tried, model, tmp_path):
    ON_EACH[tried][0](model, tmp_path)


OWN = """
like = "baumer-vcxg-124m"
link = "usb3"
readout.row_clocks = { value = 1000, source = "Rate" }
features.Width = { max = 2048, default = 2048, source = "Resolution" }
features.Height = { max = 1024, default = 1024, source = "Resolution" }
"""
LEDGER = """id\tsection\tclaim\tvalue\tunit\tkind\tcheck\tmeasure
own.pixel.width\tResolution\twidth\t16..2048\tpx\tbehaviour\tlimits\tlimits:Width
"""


@pytest.mark.parametrize("tried", ON_EACH)
def test_each_command_on_a_sheet_of_ones_own(tried, tmp_path):
    (tmp_path / "my-camera.toml").write_text(OWN)
    (tmp_path / "my-camera.tsv").write_text(LEDGER)
    ON_EACH[tried][0](str(tmp_path / "my-camera.toml"), tmp_path)


def test_no_command_is_forgotten():
    tried = {name for _, names in ON_EACH.values() for name in names}
    assert tried | NO_MODEL.keys() == {" ".join(words) for words in COMMANDS}
