"""The reference producer beside ours: viky.cti of the genicam wheel, whose toy devices need no hardware.

Every information of every module is of the same kind in both, and of the same size where it is no text.
"""

from __future__ import annotations

import ctypes as c
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final, TypeAlias

import genicam
import pytest

import camtwin
from unit.links.gentl.calls import SIGNATURES
from unit.links.gentl.serving import Serving

VIKY: Final = Path(genicam.__file__).parent / "viky.cti"
TESTS: Final = Path(__file__).parents[3]
TEXT: Final = 1
OWN: Final = {
    ("DSGetInfo", 7): "twins' payload size is a feature of the camera",
    ("GCGetPortURLInfo", 6): "descriptions have no hash",
}
"""Information that viky has, and twins do not."""
Answers: TypeAlias = dict[tuple[str, int], tuple[int, int]]


def answers_of(*args: str) -> Answers:
    path = os.pathsep.join(map(str, (TESTS, TESTS.parent / "src")))
    done = subprocess.run(
        [sys.executable, Path(__file__).parent / "inventory.py", *args],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return {(function, cmd): (kind, size) for function, cmd, kind, size in json.loads(done.stdout)}


@pytest.fixture(scope="module")
def both(serving: Serving) -> tuple[Answers, Answers]:
    ours = answers_of(camtwin.gentl.path(), "0", str(serving.address("AcquisitionStart")))
    return answers_of(str(VIKY), "0"), ours


def test_both_have_the_same_functions() -> None:
    viky = c.CDLL(str(VIKY))
    assert all(hasattr(viky, name) for name in SIGNATURES)


def test_kinds_and_sizes(both: tuple[Answers, Answers]) -> None:
    viky, ours = both
    assert len(viky) > 60
    missing = viky.keys() - ours.keys() - OWN.keys()
    assert not missing, sorted(missing)
    unlike = {
        what: (viky[what], ours[what])
        for what in viky.keys() & ours.keys()
        if viky[what][0] != ours[what][0] or (viky[what][0] != TEXT and viky[what][1] != ours[what][1])
    }
    assert not unlike
