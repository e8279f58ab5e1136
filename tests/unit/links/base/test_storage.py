"""Records on disk: old or new, never half, whatever happens; what is damaged is told in one line."""

import errno
import hashlib
import os
import random
import signal
import subprocess
import sys
import time

import pytest

import camtwin
from camtwin.camera.memory.user_sets import StorageProblem
from camtwin.links.base.storage import DiskStorage
from camtwin.problem import Refused

MODEL = "baumer-vcxg-124m"
SAVER = """
import hashlib, itertools, sys
from pathlib import Path
from camtwin.links.base.storage import DiskStorage
storage = DiskStorage(Path(sys.argv[1]))
first = int(sys.argv[2])
for number in itertools.count(first):
    seed = str(number).encode()
    storage.store("UserSet1", seed + b" " + hashlib.sha256(seed).digest() * 500)
    print(number, flush=True)
"""


def test_a_set_survives_the_twin(tmp_path):
    cam = camtwin.open(MODEL, storage=tmp_path / "flash", render=False)
    cam.Gain, cam.UserSetSelector = 4.0, "UserSet1"
    cam.UserSetSave()
    again = camtwin.open(MODEL, storage=str(tmp_path / "flash"), render=False)
    again.UserSetSelector = "UserSet1"
    again.UserSetLoad()
    assert again.Gain == 4.0


@pytest.mark.parametrize("damage", [b"", b"junk", b"\0" * 5000, None])
def test_a_damaged_set_is_the_factorys_and_told_in_one_line(tmp_path, damage, caplog):
    storage = DiskStorage(tmp_path)
    storage.store("UserSet1", b"good")
    path = tmp_path / "UserSet1.set"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"?" if damage is None else damage)
    cam = camtwin.open(MODEL, storage=tmp_path, render=False)
    cam.UserSetSelector = "UserSet1"
    caplog.clear()
    cam.UserSetLoad()
    assert cam.Gain == 0.0
    assert [r.message for r in caplog.records] == [f"{path} is damaged, its factory values are used"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_refuses_the_save_and_the_old_set_stays(tmp_path, monkeypatch, step):
    cam = camtwin.open(MODEL, storage=tmp_path, render=False)
    cam.Gain, cam.UserSetSelector = 4.0, "UserSet1"
    cam.UserSetSave()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    cam.Gain = 5.0
    with monkeypatch.context() as patched:
        patched.setattr(os, step, full)
        with pytest.raises(Refused, match=r"UserSet1 is not saved: .*No space left on device"):
            cam.UserSetSave()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["UserSet1.set"]
    cam.UserSetLoad()
    assert cam.Gain == 4.0


def test_a_directory_that_cannot_be_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageProblem, match=r"Not a directory|File exists"):
        DiskStorage(tmp_path / "file")


def test_kills_at_random_moments_leave_the_old_set_or_the_new(tmp_path, kills):
    chance, storage = random.Random(1), DiskStorage(tmp_path)
    seen = 0
    for _ in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-c", SAVER, str(tmp_path), str(seen)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        assert process.stdout.readline(), "it saves"
        time.sleep(chance.uniform(0, 0.02))
        os.kill(process.pid, signal.SIGKILL)
        told = process.stdout.read().split()
        process.wait()
        process.stdout.close()
        data = storage.load("UserSet1")
        assert data is not None, "a set is always there"
        number, _, rest = data.partition(b" ")
        assert rest == hashlib.sha256(number).digest() * 500, "and whole"
        last = int(told[-1]) if told else seen
        assert last <= int(number) <= last + 1, "what was told to be saved is saved"
        seen = int(number) + 1
    assert seen > kills
