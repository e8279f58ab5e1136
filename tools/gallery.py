"""A page of targets and artefacts: what scenes, lenses and shutters look like through the twins.

    python tools/gallery.py build/gallery [--only NAME ...]

Every picture is what a twin delivers: black taken off, mosaics interpolated and balanced so that grey is
grey, coded as sRGB, reduced by area; a crop shows the sensor's own pixels, enlarged.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

import camtwin
from camtwin.files import load_picture
from camtwin.report.markup import Html, tag
from camtwin.report.page import figures, made_by, page, section
from camtwin.scene import (
    Chart,
    Checker,
    Flat,
    Flicker,
    Lens,
    Lit,
    Pan,
    Picture,
    Pulses,
    Scene,
    Spin,
    Target,
    spectra,
)
from camtwin.sensor.flaws import Flaws

BAUMER, SONY = "baumer-vcxg-124m", "sony-imx412-aack"
WIDE_px = 640
PHOTOGRAPH = Path(__file__).parents[1] / "docs" / "images" / "photograph.jpg"


@dataclass(frozen=True)
class Shot:
    """A picture of the page. crop: side in pixels of what is shown of the middle; part: of two exposures."""

    name: str
    caption: str
    model: str
    scene: Scene
    settings: Mapping[str, Any] = field(default_factory=dict)
    crop: int = 0
    part: int = 0
    flaws: Flaws | None = None


def chapters() -> dict[str, list[Shot]]:
    """All pictures, by chapter."""
    white = spectra.d65()
    photograph = Picture(load_picture(str(PHOTOGRAPH)), 3e7, white)
    spokes = Target("star", 1e8, white)
    short = {"ExposureTime": 100.0}
    noisy = {"ExposureTime": 60.0, "Gain": 24.0}

    def target(kind: str, **lens: float) -> Target:
        return Target(kind, 2.8e6, lens=Lens(**lens))

    return {
        "Targets": [
            Shot("chart", "The test chart, on the IMX304.", BAUMER, Chart()),
            Shot("checker", "ColorChecker under D65, on the IMX412.", SONY, Checker(5e6)),
            Shot("checker-a", "The same under a tungsten lamp, in D65's balance.", SONY,
                 Checker(5e6, spectra.illuminant_a())),
            Shot("slanted", "Slanted edges of ISO 12233.", BAUMER, target("slanted")),
            Shot("star", "Siemens star.", BAUMER, target("star")),
            Shot("codes", "QR codes, modules of 12 to 3 pixels.", BAUMER, target("codes")),
            Shot("steps", "Greys half a stop apart.", BAUMER, target("steps")),
            Shot("photograph", "A grey photograph under D65.", SONY, photograph, {"ExposureTime": 4000.0}),
        ],
        "Optics": [
            Shot("sharp", "A star's middle, MTF50 at 0.31 cycles a pixel.", BAUMER, target("star"), crop=320),
            Shot("soft", "MTF50 at 0.1.", BAUMER, target("star", mtf50=0.1), crop=320),
            Shot("defocus", "Out of focus by 12 px: contrast comes back inverted.", BAUMER,
                 target("star", defocus_px=12.0), crop=320),
            Shot("barrel", "Barrel distortion, 0.25.", BAUMER, target("dots", distortion=0.25)),
            Shot("pincushion", "Pincushion distortion, -0.15.", BAUMER, target("dots", distortion=-0.15)),
            Shot("vignetting", "Corners with half of the light.", BAUMER, target("steps", vignetting=0.5)),
        ],
        "Shutters and light": [
            Shot("rolling", "A star moving at 100 000 px/s, rolling shutter: it leans.", SONY,
                 Pan(spokes, 100_000), short),
            Shot("global", "The same before a global shutter.", BAUMER,
                 Pan(Target("star", 1e8), 100_000), {"ExposureTime": 80.0}),
            Shot("blur", "A star moving at 10 000 px/s, 2 ms: 20 px of blur along its way.", BAUMER,
                 Pan(Target("star", 5e6), 10_000), {"ExposureTime": 2000.0}, crop=480),
            Shot("turning", "The chart at 30 rpm, 5 ms: blurred outside, sharp in the middle.", BAUMER,
                 Spin(Chart(), 30), {"ExposureTime": 5000.0}),
            Shot("parasitic", "A flash long after a short exposure: rows not yet read keep a trace.", BAUMER,
                 Lit(Target("star", 7e11), Pulses(((30_000_000, 31_000_000),))), {"ExposureTime": 100.0}),
            Shot("bands", "A 100 Hz lamp, 0.5 ms a row: bands 1862 rows apart.", SONY,
                 Lit(Flat(3e7, white), Flicker(100, 0.9)), {"ExposureTime": 500.0}),
            Shot("strobe", "A strobe of 0.2 ms: rows whose windows it touches, no others.", SONY,
                 Lit(spokes, Pulses(((9_000_000, 9_200_000),))), {"ExposureTime": 4000.0}),
            Shot("long", "DOL-HDR, the long exposure: 8 ms.", SONY, Checker(2e7),
                 {"SensorMode": "Dol", "ExposureTime": 8000.0, "ExposureTimeShort": 1000.0}),
            Shot("short", "... and the short one: 1 ms.", SONY, Checker(2e7),
                 {"SensorMode": "Dol", "ExposureTime": 8000.0, "ExposureTimeShort": 1000.0}, part=1),
        ],
        "Sensors": [
            Shot("mosaic", "24 pixels of the mosaic under a tungsten lamp, as they come.", SONY,
                 Flat(8e6, spectra.illuminant_a()), crop=-24),
            Shot("noise", "Little light and 24 dB: shot and read noise.", BAUMER, Chart(), noisy, crop=320),
            Shot("digital", "The same at 48 dB: digital gain from 24 dB on, and few codes left.", BAUMER,
                 Chart(2e6), {"ExposureTime": 15.0, "Gain": 48.0}, crop=320),
            Shot("flaws", "Hot and dead pixels, and a column with an offset.", BAUMER, Flat(3e4), crop=64,
                 flaws=Flaws(hot={(2040, 1490): 4e5, (2060, 1515): 2e5}, dead=frozenset({(2052, 1502)}),
                             columns={2045: 120.0})),
        ],
    }  # fmt: skip


def developed(shot: Shot) -> NDArray[np.uint8]:
    """Return the image on the page, (h, w) or (h, w, 3) in OpenCV's order."""
    frame = shoot(shot)
    dn = frame.picture.astype(np.float32)
    mosaic, top = frame.pixel_format.mosaic, (1 << frame.pixel_format.bits) - 1
    black = top / 16 if mosaic else 32 * top / 4095
    light = np.clip((dn - black) / (top - black), 0, 1)
    if shot.crop < 0:
        light = _middle(light, -shot.crop)
    elif mosaic:
        codes = cv2.cvtColor((65535 * light).astype(np.uint16), cv2.COLOR_BayerBG2BGR)
        light = codes.astype(np.float32) / 65535 * balance()
    if shot.crop > 0:
        light = _middle(light, shot.crop)
    scale = WIDE_px / light.shape[1]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    light = cv2.resize(light, None, fx=scale, fy=scale, interpolation=how)
    light = np.clip(light / max(float(np.quantile(light, 0.995)), 0.05), 0, 1)
    code = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-6) ** (1 / 2.4) - 0.055)
    return np.rint(255 * code).astype(np.uint8)


def shoot(shot: Shot) -> camtwin.Frame:
    """Return the frame of a shot; a camera with a link of its own sends 12 bits."""
    with camtwin.open(shot.model, scene=shot.scene, seed=1, link_speed=None) as cam:
        if cam.has("PixelFormat"):
            cam.PixelFormat = "Mono12"
        for name, value in shot.settings.items():
            setattr(cam, name, value)
        if shot.flaws:
            cam.world.flaws = shot.flaws
        return cam.grab(1 + shot.part)[-1]


@lru_cache(1)
def balance() -> NDArray[np.float32]:
    """Gains of blue, green and red that make grey of a white wall under D65."""
    dn = shoot(Shot("", "", SONY, Flat(5e6, spectra.d65()), {"Width": 256, "Height": 256})).picture
    red, green, blue = (float(plane.mean()) - 64 for plane in (dn[::2, ::2], dn[::2, 1::2], dn[1::2, 1::2]))
    return np.array([green / blue, 1, green / red], np.float32)


def _middle(picture: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    y, x = ((length - side) // 4 * 2 for length in picture.shape[:2])
    return picture[y : y + side * 3 // 4, x : x + side]


ABOUT = (
    "Each picture is a frame of a twin. Black is taken off, mosaics are interpolated and balanced for D65, "
    "brightness is scaled; crops show the sensor's own pixels."
)


def html(shots: Mapping[str, Sequence[Shot]]) -> str:
    """Return the page's HTML."""
    chapters = [section(title, None, figures(map(shown, some), small=True)) for title, some in shots.items()]
    made = made_by(camtwin.__version__, "tools/gallery.py")
    return page("camtwin: gallery", tag("h1", "What the twins see"), tag("p", ABOUT), *chapters, made_by=made)


def shown(shot: Shot) -> tuple[Html, Html]:
    """Return an image of the page, and its caption."""
    picture = tag("img", src=f"{shot.name}.png", alt=shot.caption, loading="lazy")
    return picture, Html(f"{tag('span', shot.caption)}{tag('br')}{tag('small', shot.model)}")


def main() -> None:
    """Make the page."""
    parser = argparse.ArgumentParser(description="A page of targets and artefacts.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these pictures")
    said = parser.parse_args()
    shots = {
        title: [shot for shot in some if not said.only or shot.name in said.only]
        for title, some in chapters().items()
    }
    shots = {title: some for title, some in shots.items() if some}
    said.directory.mkdir(parents=True, exist_ok=True)
    for shot in (shot for some in shots.values() for shot in some):
        cv2.imwrite(str(said.directory / f"{shot.name}.png"), developed(shot))
    path = said.directory / "index.html"
    path.write_text(html(shots))
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
