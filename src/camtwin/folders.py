"""Texts on disk, and the folders in which they are looked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from camtwin.problem import Problem

MAX_TEXT_BYTES: Final = 1 << 20
"""Limit of a text file: more than people write. A file may be a device, or endless."""
MAX_TEXTS: Final = 1000
"""Limit of the files of one folder that are looked at."""


class TextProblem(Problem):
    """A text that cannot be read; one line that names the file."""


def load_text(path: str, limit: int = MAX_TEXT_BYTES) -> str | None:
    """Return a text in UTF-8 of at most `limit` bytes, whole MiB, or None where there is no file.

    Raises:
        TextProblem: it cannot be read
    """
    try:
        with open(path, "rb") as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise TextProblem(f"{path}: is above the maximum of {limit >> 20} MiB for a text file")
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError as error:
        raise TextProblem(f"{path}: is no UTF-8 text: {error.reason}") from None
    except OSError as error:
        raise TextProblem(f"{path}: {error.strerror or error}") from None
    except ValueError as error:  # a null character in the name
        raise TextProblem(f"{path!r}: cannot be read: {error}") from None


def texts_in(folder: str, ending: str) -> list[str]:
    """Return the names of the files of a folder that end so, in order; none where there is no such folder."""
    try:
        names = sorted(entry.name for entry in Path(folder).iterdir() if entry.name.endswith(ending))
    except OSError:
        return []
    return [name for name in names if not name.startswith(".")][:MAX_TEXTS]


def data_folder(environment: Mapping[str, str] | None = None) -> str:
    """Return the folder of the user's own data for camtwin, by the XDG Base Directory Specification."""
    known = os.environ if environment is None else environment
    base = known.get("XDG_DATA_HOME", "")
    return os.path.join(base if os.path.isabs(base) else os.path.expanduser("~/.local/share"), "camtwin")


def folders_of(variable: str) -> list[str]:
    """Return the folders that an environment variable names, as PATH does."""
    return [folder for folder in os.environ.get(variable, "").split(os.pathsep) if folder]
