"""The producer, camtwin.cti: where programs find it, and what their environment says of it.

h = harvesters.core.Harvester()
h.add_file(camtwin.gentl.path())
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from camtwin.links import native
from camtwin.problem import Problem

PATH: Final = "GENICAM_GENTL64_PATH"
SPAWN: Final = "CAMTWIN_GENTL_SPAWN"


def path() -> str:
    """Return the path of camtwin.cti, a GenTL producer whose cameras are the twins that run; compile it once.

    Raises:
        OSError: in one line, if it cannot be compiled here
    """
    return str(native.build(native.GENTL) / native.GENTL.file)


def environment(models: Sequence[str] = ()) -> dict[str, str]:
    """Return the variables by which programs find the producer.

    models  twins that the producer starts itself when a program opens it, and ends with the program

    Raises:
        OSError: in one line, if it cannot be compiled here
        Problem: the twins could not be named to the producer
    """
    variables = {PATH: native.before(PATH, Path(path()).parent)}
    if models:
        words = (sys.executable, str(Path(__file__).parents[3]), *models)
        if colon := next((word for word in words if ":" in word), None):
            raise Problem(f"{colon}: a colon separates the words of {SPAWN}, so none can have one")
        variables[SPAWN] = ":".join(words)
    return variables
