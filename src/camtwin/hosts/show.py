"""Pictures on a screen, or in a file where there is none."""

from __future__ import annotations

from os import PathLike, environ
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.problem import Problem


class NoDisplay(Problem):
    """A picture cannot be shown; one line that says what to do instead."""


def show(image: NDArray[Any], path: str | PathLike[str] | None = None) -> None:
    """Show a picture of 8 or 16 bits, red, green, blue or grey, or write it to `path`.

    NoDisplay without a path where there is no screen.
    """
    from PIL import Image

    codes = image if image.dtype == np.uint8 else (image >> 8).astype(np.uint8)
    picture = Image.fromarray(codes)
    if path is not None:
        picture.save(path)
    elif not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        raise NoDisplay("no screen to show the image on; write it to a file with -o image.png")
    else:
        picture.show()
