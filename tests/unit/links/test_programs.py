"""Programs beside twins: what they print, and one line where they fail or something is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from camtwin.links import native, programs
from camtwin.links.programs import ProgramFailed, compiled, output_of, samples
from camtwin.problem import Missing


def test_a_program_is_run_in_a_folder_of_its_own():
    assert output_of([sys.executable, "-c", "import os; print(os.listdir())"]) == "[]\n"


def test_a_program_that_fails_is_told_in_one_line():
    with pytest.raises(ProgramFailed, match=r"ends with 3: no camera$"):
        output_of([sys.executable, "-c", "import sys; print('no camera'); sys.exit(3)"])


def test_a_program_that_hangs_is_ended():
    with pytest.raises(ProgramFailed, match=r"is not done within 0\.2 s$"):
        output_of([sys.executable, "-c", "import time; time.sleep(60)"], 0.2)


def test_without_a_compiler_something_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(Missing, match="needs a C compiler"):
        output_of([sys.executable, "-c", ""])
    with pytest.raises(Missing, match="needs a C compiler"):
        compiled(Path("any.c"))


def test_without_sources_samples_are_missing(monkeypatch, tmp_path):
    assert (samples() / "libsv").is_dir()
    monkeypatch.setattr(programs.camtwin, "__file__", str(tmp_path / "a/b/camtwin/__init__.py"))
    with pytest.raises(Missing, match="part of the source tree"):
        samples()


def test_options_for_a_compiler_name_header_and_library():
    include, folder, *_, library = native.library_options()
    assert (Path(include.removeprefix("-I")) / "sv/sv.h").is_file()
    assert (Path(folder.removeprefix("-L")) / native.SV.file).is_file()
    assert library == "-lsv"
