"""The stages that go from light to its square root: Demosaic for a mosaic, Root for a mono image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.demosaic import TOE, bilinear, malvar, rooted
from camtwin.isp.directional import directional
from camtwin.isp.image import Image, Kind
from camtwin.isp.mosaic import IspProblem
from camtwin.isp.stage import Stage, check

Method = Callable[[NDArray[np.int16], str], NDArray[np.int16]]
METHODS: Mapping[str, Method] = MappingProxyType(
    {"bilinear": bilinear, "malvar": malvar, "directional": directional}
)


@dataclass(frozen=True)
class Root(Stage):
    """Take the square root of a mono image's light.

    toe  light that is added to every pixel before
    """

    toe: float = TOE
    place = 80
    takes = (Kind.LIGHT,)
    gives = Kind.ROOT

    def __post_init__(self) -> None:
        check("toe", self.toe, 1e-6, 0.25)

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        if image.mosaic:
            raise IspProblem(f"frame has the mosaic {image.mosaic}; it needs Demosaic and not Root")
        return image.become(rooted(image.data, self.toe)[None], Kind.ROOT, toe=self.toe)


@dataclass(frozen=True)
class Demosaic(Stage):
    """Interpolate red, green and blue at every pixel.

    method  bilinear; malvar, linear with corrections from the other colours; directional, offline, along
            edges
    toe     light that is added to every pixel before the root
    """

    method: str = "malvar"
    toe: float = TOE
    place = 80
    takes = (Kind.LIGHT,)
    gives = Kind.ROOT

    def __post_init__(self) -> None:
        check("toe", self.toe, 1e-6, 0.25)
        if self.method not in METHODS:
            raise IspProblem(f"demosaic method {self.method!r} is none of {', '.join(METHODS)}")

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        if not image.mosaic:
            raise IspProblem("demosaic needs a colour frame; this one is mono")
        roots = rooted(image.data, self.toe)
        return image.become(METHODS[self.method](roots, image.mosaic), Kind.ROOT, toe=self.toe)
