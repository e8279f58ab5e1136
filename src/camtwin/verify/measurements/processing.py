"""Measure what the camera does to images by itself: table, defect pixels, automatic exposure and gain."""

from __future__ import annotations

from typing import Final

import numpy as np

from camtwin.scene import Flat, Scene
from camtwin.sensor.flaws import Flaws
from camtwin.session.session import Session
from camtwin.verify.case import Case
from camtwin.verify.measures import Value, measurement
from camtwin.verify.scenes import GREEN_nm, Lamp, Ramp, Spot

HOT: Final = (1000, 700)
TARGET: Final = 0.05
SMALL: Final[dict[str, Value]] = {"Width": 256, "Height": 256}


@measurement("inverting_table", heavy="pictures")
def inverting_table(case: Case) -> None:
    """Compare each code as it was, then through the inverted table: the same frame of the same light."""
    pictures = []
    for inverted in (False, True):
        cam = case.open(scene=Ramp(), PixelFormat="Mono12", Width=512, Height=64)
        top = cam.limits("LUTIndex")[1]
        case.equal("highest LUTIndex", top, 2**case.claim.number - 1)
        if inverted:
            cam.LUTValueAll = b"".join((4095 - code).to_bytes(2, "big") for code in range(4096))
            for code in (0, 1, 4095):
                case.write(cam, LUTIndex=code)
                case.equal(f"LUTValue of {code}", cam.LUTValue, 4095 - code)
            case.write(cam, LUTEnable=True)
        pictures.append(cam.grab()[0].picture)
    case.that("every pixel is 4095 less its code", np.array_equal(pictures[1], 4095 - pictures[0]))


def entry(case: Case, cam: Session, index: int, at: tuple[int, int] | None) -> None:
    """Write an entry of the list of defect pixels; None takes it out."""
    case.write(cam, DefectPixelListSelector="Pixel", DefectPixelListIndex=index)
    if at:
        case.write(cam, DefectPixelListEntryPosX=at[0], DefectPixelListEntryPosY=at[1])
    case.write(cam, DefectPixelListEntryActive=bool(at))


@measurement("defect_list", heavy="pictures")
def defect_list(case: Case) -> None:
    """List the coordinate of a hot pixel: it has its neighbours' value; without it, it is hot again."""
    cam = case.open(scene=Flat(1e6, GREEN_nm), PixelFormat="Mono12", Width=64, Height=64)
    case.write(cam, OffsetX=992, OffsetY=HOT[1] - 8)
    cam.world.flaws = Flaws(hot={HOT: 5e5})

    def excess() -> float:
        picture = cam.grab()[0].picture.astype(float)
        return picture[8, HOT[0] - 992] - np.median(picture)

    noise = 5 * np.sqrt(0.4152 * 4000 * 0.673 * 0.4152)
    case.within("the hot pixel above its neighbours", excess(), 500, 4095, "DN")
    entry(case, cam, 3, HOT)
    case.near("with its coordinate listed", excess(), 0, noise, "DN")
    entry(case, cam, 3, None)
    case.within("without it again", excess(), 500, 4095, "DN")


@measurement("defect_list_length")
def defect_list_length(case: Case) -> None:
    """Keep as many coordinates as claimed; there is no place for one more."""
    cam, count = case.open(), int(case.claim.number)
    for index in range(count):
        entry(case, cam, index, (index, 2 * index))
    for index in (0, 1, count - 1):
        case.write(cam, DefectPixelListIndex=index)
        found = (cam.DefectPixelListEntryPosX, cam.DefectPixelListEntryPosY, cam.DefectPixelListEntryActive)
        case.equal(f"entry {index}", found, (index, 2 * index, True))
    case.refuses(cam, "DefectPixelListIndex", count)


# -- automatic functions -----------------------------------------------------------------------------
def automatic(case: Case, scene: Scene, *functions: str, **features: Value) -> Session:
    """Open a camera that takes small pictures of a scene with these automatic functions."""
    settings = {**features, **SMALL, **dict.fromkeys(functions, "Continuous")}
    return case.open(settings, scene=scene, link_speed=None)


def settled(cam: Session, frames: int = 30) -> float:
    """Return the mean of the last of many frames over the brightness that is aimed at."""
    last = cam.grab(frames)[-1].picture
    return float(last.mean()) / 255 / (cam.BrightnessAutoNominalValue / 100)


@measurement("auto_reaches_target", heavy="brightness")
def auto_reaches_target(case: Case, moved: str, kept: str) -> None:
    """Require that the claim's automatic function brings pictures to the aimed brightness by one feature."""
    cam = automatic(case, lamp := Lamp(1.2e6), case.claim.value, ExposureTime=2000)
    fixed, followed = getattr(cam, kept), []
    for photons in (1.2e6, 2e6, 7e5):
        lamp.photons_per_s = photons
        case.near(f"mean over target at {photons:g} photons/s", settled(cam), 1, TARGET)
        followed.append(getattr(cam, moved))
    case.that(f"{moved} follows the light", followed[1] < followed[0] < followed[2])
    case.equal(kept, getattr(cam, kept), fixed)


@measurement("auto_priority", heavy="brightness")
def auto_priority(case: Case) -> None:
    """Halve the light: what has priority follows, the other stays."""
    names = {"ExposureAuto": "ExposureTime", "GainAuto": "Gain"}
    for priority, first in names.items():
        (second,) = {*names.values()} - {first}
        cam = automatic(case, lamp := Lamp(1.2e6), *names)
        case.write(cam, BrightnessAutoPriority=priority)
        settled(cam)
        before = getattr(cam, first), getattr(cam, second)
        lamp.photons_per_s /= 2
        settled(cam)
        after = getattr(cam, first), getattr(cam, second)
        case.that(f"{priority}: {first} {before[0]:.5g} becomes {after[0]:.5g}", after[0] > before[0])
        case.near(f"{priority}: {second}", after[1], before[1], 0.05 * before[1] + 1e-9)


@measurement("auto_region", heavy="brightness")
def auto_region(case: Case) -> None:
    """Show a bright object: it moves the exposure inside of the region, and does not outside."""
    cam = automatic(case, spot := Spot(2e5, x=128, y=128), "ExposureAuto")
    case.write(cam, AutoFeatureRegionMode="On", AutoFeatureWidth=64, AutoFeatureHeight=64)
    case.write(cam, AutoFeatureOffsetX=0, AutoFeatureOffsetY=0)
    settled(cam)
    before = cam.ExposureTime
    spot.spot_photons_per_s = 20 * spot.photons_per_s
    settled(cam)
    what = "ExposureTime with a bright object {}, over that before"
    case.near(what.format("outside"), cam.ExposureTime / before, 1, 0.03)
    spot.x = spot.y = 0
    settled(cam)
    case.within(what.format("inside"), cam.ExposureTime / before, 0.0, 0.5)
