from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import camtwin
from unit.links.gentl.calls import NOT_INITIALIZED, Library, Opened
from unit.links.gentl.serving import Serving


@pytest.fixture(scope="session")
def library() -> Library:
    return Library(camtwin.gentl.path())


@pytest.fixture
def lib(library: Library) -> Iterator[Library]:
    """Give the library, and close it whatever is open then."""
    yield library
    assert library("GCCloseLib") in (0, NOT_INITIALIZED)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(autouse=True)
def own_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))


@pytest.fixture(scope="module")
def serving(folder: Path) -> Iterator[Serving]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        with Serving() as running:
            yield running


@pytest.fixture
def opened(lib: Library, serving: Serving) -> Opened:
    """Give the library with all modules open, on a small and quick camera."""
    made = Opened(lib)
    for feature, value in {"ChunkModeActive": 0, "TriggerMode": 0, "Width": 64, "Height": 48}.items():
        assert serving.write(made, feature, value) == 0, lib.error()
    return made


Write = Callable[[str, int], int]
