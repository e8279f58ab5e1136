"""What a fuzz types: for each parameter of the command line words that fit and words that do not."""

from __future__ import annotations

import gzip
import json
import random
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import tifffile
import typer

from camtwin.cli import app
from camtwin.models import names, rig_names

ROOT: Final[Any] = typer.main.get_command(app)
CHECKOUT: Final = Path(__file__).parents[3]
MODELS: Final = names()
NUMBERS: Final = (
    *("", " ", "nan", "inf", "-inf", "-0", "0", "-1", "1", "2", "3.5", "1e3", "1e-320", "1e308", "1e400"),
    *("9" * 30, "9" * 400, "0x10", "1_000", "١٢", "½", "1,5", "1e", "--", "-", "+5", "2**64", str(2**64 - 1)),
)
WORDS: Final = (
    *("", " ", "-", "--", "=", ":", "@", "/", ".", "..", "*", "[", "%s", "{}", "\\", "'", '"', "\n", "\t"),
    *("é", "μ", "\udcff", "\U0001f4f7", "a" * 5000, "true", "None", "--json", "-h", "a=b=c", "folder/../y"),
)
PATHS: Final = (
    *("/", "/dev/null", "/dev/full", "/dev/zero", "/proc/self/mem", "/dev/null/x", ".", "..", "a" * 300, ""),
    *("folder", "empty", "binary", "nested.toml", "list.json", "deep.json", "bom.toml", "no-ending", "a.gif"),
    *("plan.toml", "scenario.toml", "sheet.toml", "text.toml", "raw.tiff", "raw.png", "raw.npy", "raw.raw"),
    *(
        "colour.png",
        "short.npy",
        "journal.jsonl",
        "odd.jsonl",
        "torn.jsonl",
        "set",
        "b\udcff.tiff",
        "new/x.png",
    ),
)
SCENES: Final = (
    *("chart", "flat", "dark", "flat:1.2e6@536", "dark@850", "star:d65", "pan:200@90:chart", "raw.png"),
    *(
        "pan:pan:chart",
        "flicker:100@0.5:chart",
        "flash:100+20:chart",
        "play:2:folder",
        "play:2:set",
        "lit:d65:",
    ),
    *(
        "flat:nan",
        "flat:inf",
        "flat:-1",
        "flat:1e300",
        "pan:nan@nan:chart",
        "spin:1e400:chart",
        "zoom:0@0:chart",
    ),
    *(
        "fall:-1:chart",
        "pwm:0@0:chart",
        "pwm:1e300@2:chart",
        "flash:-1+0:chart",
        "flash:nan+1:chart",
        "flat@0",
    ),
    *(
        "flat:1@nan",
        "flat:1@1e9",
        "2848K",
        "chart:1@0K",
        "chart:1@1e99K",
        "play:0:set",
        "play:nan:set",
        "flatt",
    ),
)
FEATURES: Final = (
    "Width",
    "Height",
    "Gain",
    "ExposureTime",
    "PixelFormat",
    "TriggerMode",
    "AcquisitionStart",
    "",
)
STEP: Final = ('ms=1, do="pulse", device="plc", width_us=1', 'ms=1, do="unplug", socket="cam.data"')
STEPS: Final = (
    *STEP,
    "ms=1",
    "ms=nan, do='die', camera='cam'",
    'do="explode"',
    "=",
    "}",
    'ms=1e300, do="attach"',
)
SPEEDS: Final = ("sheet", "unlimited", "1G", "100M", "480M", "5G", "0", "-1G", "1e3G", "999999G", "G")
FITTING: Final[Mapping[str, Sequence[str]]] = {
    "model": (*MODELS, *rig_names(), "sheet.toml"),
    "models": MODELS,
    "what": (*MODELS, "set", "folder"),
    "words": ("boards", "chain", "lanes", "table", "mechanics", "IMX412", "TX2", "FT3/A", "4", "4056x3040"),
    "sheet": MODELS,
    "address": ("127.0.0.1", "127.0.0.9", "Nobody-1", "0.0.0.0"),
    "scene": SCENES,
    "settings": [f"{name}={value}" for name in FEATURES for value in ("1", "64", "x", "nan", "On", "")],
    "link_speed": SPEEDS,
    "pace": ("1", "max", "4", "0", "1e9"),
    "bind": ("127.0.0.1", "127.0.0.9", "255.255.255.255", "0.0.0.0", "::1", "localhost", "224.0.0.1"),
    "interface": ("lo", "eth0", "veth-that-is-not", ""),
    "fault": ("drop=0.1", "delay=1", "drop=2", "drop=nan", "drop", "=", "explode=0.1"),
    "program": ("true", "arv-tool-0.8", ""),
    "journal": (
        "journal.jsonl",
        "odd.jsonl",
        "torn.jsonl",
        "deep.json",
        "/dev/zero",
        "text.toml",
        "new.jsonl",
        "/dev/null/x",
    ),
    "plan": ("plan.toml", "plan.toml", "scenario.toml", "text.toml"),
    "scenario": ("scenario.toml", "plan.toml", "text.toml"),
    "step": STEPS,
    "mount": ("C-Mount", "CS-Mount", "M12", "F"),
    "raws": ("raw.tiff", "raw.png", "raw.npy", "raw.raw", "folder", "colour.png", "short.npy"),
    "preset": ("fast", "balanced", "best"),
    "develop": ("fast", "balanced", "best"),
    "to": ("png", "tiff", "npy", "dng", "gif"),
    "white": ("auto", "5500", "5500K", "2.1,1,1.6", "0", "nan", "inf,1,1", "1,1", "nan,nan,nan"),
    "mosaic": ("RGGB", "GRBG", "mono", "XXXX"),
    "pixel_format": ("Mono8", "BayerRG12p", "Mono99"),
    "size": ("16x8", "16X8", "0x0", "-1x8", "99999999999x9999999999", "16", "x"),
    "calibration": ("calibration.json", "list.json", "deep.json", "binary"),
    "pipeline": ("pipeline.json", "list.json", "deep.json", "binary"),
    "ledger": ("ledger.tsv", "text.toml", "empty", "binary", "raw.png"),
    "only": ("*", "trigger", "baumer.*", "[", "zoom", ""),
    "port": ("3240", "3240", "3241", "0", "65536", "127.0.0.1:3241", "x:1", ":", "٣"),
    "count": ("1", "2", "2", "0"),
    "file": ("-", "binary", "empty", "raw.png", "text.toml"),
    "jobs": ("1", "1", "2", "0"),
}
"""By parameter; most fit, all are ones that people might type."""
FOLDERS: Final = ("new-folder", "folder", "new/er", "/dev/null/x", "raw.png")
OUTPUTS: Final = (
    "out.png",
    "out.tiff",
    "out.npy",
    "out.dng",
    "out.svg",
    "out.html",
    "/dev/null/x.png",
    "folder",
    "x.gif",
)


def commands(group: Any = ROOT, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each command that does something, with the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


COMMANDS: Final = dict(commands())


class Typist:
    """Types command lines at random, the same ones for the same seed.

    used  how often a command, an option of it, or a model with it has been typed
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.used: dict[tuple[str, ...], int] = {}

    def line(self) -> list[str]:
        """Return the arguments of a command line."""
        chance = self.random
        words = chance.choice([*COMMANDS])
        command = COMMANDS[words]
        wrong = chance.choice((0.0, 0.0, 0.1, 0.5))
        line = [*words]
        self._count(words)
        params = [param for param in command.params if param.name != "help"]
        chance.shuffle(params)
        for param in params:
            argument = param.param_type_name == "argument"
            if chance.random() < (0.03 if argument or param.required else 0.75):
                continue
            for _ in range(chance.choice((1, 1, 2, 3)) if param.multiple or param.nargs == -1 else 1):
                line += self._typed(words, param, wrong)
        if chance.random() < 0.02:
            line.insert(chance.randrange(len(line) + 1), chance.choice((*WORDS, "--nope", "-x", "--version")))
        return line

    def _typed(self, words: tuple[str, ...], param: Any, wrong: float) -> list[str]:
        chance = self.random
        if param.param_type_name == "option":
            name = chance.choice([*param.opts, *param.secondary_opts])
            self._count((*words, param.name))
            if param.is_flag:
                return [name]
            values = [self._value(words, param, wrong) for _ in range(param.nargs)]
            return [f"{name}={values[0]}"] if len(values) == 1 and chance.random() < 0.2 else [name, *values]
        values = [self._value(words, param, wrong)]
        for value in set(values) & {*MODELS}:
            self._count((*words, value))
        return values

    def _value(self, words: tuple[str, ...], param: Any, wrong: float) -> str:
        chance, kind = self.random, str(param.type_descriptor.annotation)
        if chance.random() < wrong:
            return chance.choice(chance.choice((NUMBERS, WORDS, PATHS)))
        if param.name in FITTING and not (words == ("run",) and param.name == "journal"):
            return chance.choice(FITTING[param.name])
        if "Path" in kind:
            return chance.choice(FOLDERS if param.metavar in ("DIR", "FOLDER") else OUTPUTS)
        if "float" in kind or "int" in kind:
            known = ("1", "4", "25", "500", *(("7.5",) if "float" in kind else ()))
            return chance.choice(NUMBERS if chance.random() < 0.1 else known)
        return chance.choice(("x", *WORDS))

    def _count(self, what: tuple[str, ...]) -> None:
        self.used[what] = self.used.get(what, 0) + 1


def lay_out(folder: Path) -> None:
    """Put the files into a folder that command lines name."""
    examples = CHECKOUT / "examples"
    shutil.copy(examples / "wiring/npn-sensor.toml", folder / "plan.toml")
    scenario = (examples / "scenarios/gpio-at-24-volts.toml").read_text(encoding="utf-8")
    scenario = re.sub(r"(?m)^seconds = .*", "seconds = 0.03", scenario)
    (folder / "scenario.toml").write_text(scenario, encoding="utf-8")
    shutil.copy(CHECKOUT / "tests/unit/verify/invented/box-1.toml", folder / "sheet.toml")
    shutil.copy(CHECKOUT / "tests/unit/verify/invented/plate.toml", folder / "plate.toml")
    shutil.copy(CHECKOUT / "tests/unit/verify/invented/box-1.tsv", folder / "ledger.tsv")
    (folder / "bom.toml").write_text("\ufeff" + scenario, encoding="utf-8")
    (folder / "text.toml").write_text("seconds = nan\n[plan]\ndevices = 3\n")
    (folder / "nested.toml").write_text("x = " + "[" * 2000 + "]" * 2000)
    (folder / "deep.json").write_text("[" * 100_000)
    (folder / "list.json").write_text("[1, null, {}]")
    (folder / "calibration.json").write_text("{}")
    (folder / "pipeline.json").write_text('{"stages": [{"stage": "Demosaic"}]}')
    (folder / "empty").write_bytes(b"")
    (folder / "no-ending").write_text("x")
    (folder / "binary").write_bytes(bytes(range(256)) * 8)
    raw = np.arange(128, dtype=np.uint16).reshape(8, 16)
    tifffile.imwrite(folder / "raw.tiff", raw)
    np.save(folder / "raw.npy", raw)
    (folder / "raw.raw").write_bytes(raw.tobytes())
    (folder / "short.npy").write_bytes((folder / "raw.npy").read_bytes()[:-9])
    from PIL import Image

    Image.fromarray(raw.astype(np.uint8)).save(folder / "raw.png")
    Image.fromarray(np.zeros((8, 16, 3), np.uint8)).save(folder / "colour.png")
    (folder / "folder").mkdir()
    (folder / "set").mkdir()
    shutil.copy(folder / "raw.png", folder / "set/a.png")
    (folder / "set/emva1288.toml").write_text('bits = 8\n[[step]]\npart = "dark"\nimages = ["a.png"]\n')
    journal = gzip.decompress((CHECKOUT / "tests/golden/ids-imx412.jsonl.gz").read_bytes()).decode()
    start, *lines = journal.splitlines()
    (folder / "journal.jsonl").write_text("\n".join((start, *lines[:6])))
    (folder / "torn.jsonl").write_bytes((folder / "journal.jsonl").read_bytes() + b"\n\xff\xfe\n")
    odd = json.loads(start) | {"seed": "x", "settings": 5, "scene": None}
    (folder / "odd.jsonl").write_text(json.dumps(odd) + '\n["write", null]\n{}\n7\n')
