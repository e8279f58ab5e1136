"""Pixel formats, region, binning: what a picture is."""

from __future__ import annotations

import numpy as np

from camtwin.pixels import FORMATS, unpack
from camtwin.scene import Dark, Flat
from camtwin.sensor.flaws import Flaws
from camtwin.units import MS, SEC
from camtwin.verify.case import Case, check
from camtwin.verify.scenes import Ramp, lit_for

COLOR = {
    "baumer.color.processing": ("*Demosaic*", "Balance*", "*WhiteAuto*", "ColorInterpolation*"),
    "baumer.color.adjustment": ("ColorTransformation*", "Hue*", "Saturation*"),
    "baumer.color.enhancement": ("ColorEnhancement*", "ColorGain*", "Sharpening*"),
    "baumer.color.tolerance": ("ColorTolerance*",),
}


@check("baumer.pixelformat.mono8", "baumer.pixelformat.mono10", "baumer.pixelformat.mono12", heavy="pictures")
def codes(case: Case) -> None:
    """A ramp of the camera's own shows every code, and light beyond full shows the highest."""
    cam = case.open(render=True, PixelFormat=case.claim.value, scene=Flat(1e7), ExposureTime=4000)
    bits = FORMATS[case.claim.value].bits
    case.equal("PayloadSize", cam.PayloadSize, 4096 * 3000 * (1 if bits == 8 else 2))
    case.equal("highest code", int(cam.grab()[0].picture.max()), 2**bits - 1)
    case.write(cam, TestPattern="GreyHorizontalRamp")
    (frame,) = cam.grab()
    case.equal("size", frame.picture.shape, (3000, 4096))
    case.equal("bytes", len(frame.payload), cam.PayloadSize)
    case.equal("codes", (int(frame.picture.min()), int(frame.picture.max())), (0, 2**bits - 1))
    as_sent = unpack(frame.payload, FORMATS[case.claim.value], 4096, 3000)
    case.that("payload holds these codes", np.array_equal(as_sent, frame.picture))


@check("baumer.pixelformat.mono12p", heavy="pictures")
def packed(case: Case) -> None:
    pictures = {}
    for name in ("Mono12", "Mono12p"):
        cam = case.open(render=True, scene=Ramp(), PixelFormat=name)
        (frame,) = cam.grab()
        pictures[name] = unpack(frame.payload, FORMATS[name], cam.Width, cam.Height)
        if name == case.claim.value:
            case.equal("PayloadSize", cam.PayloadSize, 18_432_000)
            case.equal("bytes", len(frame.payload), 18_432_000)
    case.that("unpacked codes are those of Mono12", np.array_equal(*pictures.values()))


@check("basler.pixelformat.reference", heavy="pictures")
def formats_by_reference(case: Case) -> None:
    """The sheet names none: each that is offered is mono, and streams."""
    case.equal("record", case.record("link.pixel_formats").value, case.claim.value)
    cam = case.open(render=True, Width=64, Height=64)
    for name in cam.entries("PixelFormat"):
        case.that(f"{name} is mono", not FORMATS[name].mosaic)
        case.write(cam, PixelFormat=name)
        (frame,) = cam.grab()
        case.equal(f"bytes of {name}", len(frame.payload), cam.PayloadSize)


@check("baumer.pixelformat.list")
def formats(case: Case) -> None:
    case.entries(case.open(), "PixelFormat", case.claim.names)


@check("baumer.rates.condition.color")
def no_bayer(case: Case) -> None:
    cam = case.open()
    there = cam.entries("PixelFormat")
    case.saw(", ".join(there))
    if "BayerRG8" in there:
        case.wrong("PixelFormat has BayerRG8")
    case.refuses(cam, "PixelFormat", "BayerRG8")


@check("baumer.color.models", "basler.sensor.mono", heavy="pictures")
def mono(case: Case) -> None:
    """Even light of 650 nm: the four phases of a mosaic would differ, those of this sensor do not."""
    cam = case.open(render=True, scene=Flat(1e6, 650), Width=512, Height=512, PixelFormat="Mono12")
    colour = [name for name in cam.entries("PixelFormat") if not name.startswith("Mono")]
    case.saw(", ".join(cam.entries("PixelFormat")))
    if colour:
        case.wrong(f"PixelFormat has {', '.join(colour)}")
    picture = cam.grab()[0].picture.astype(float)
    phases = [picture[y::2, x::2].mean() for y in (0, 1) for x in (0, 1)]
    case.within("spread of the four phases", (max(phases) - min(phases)) / picture.mean(), 0, 0.005)


@check(*COLOR)
def no_color(case: Case) -> None:
    case.lacks(case.open(), *COLOR[case.claim.id])


@check("baumer.fpn.correction", heavy="pictures")
def no_pattern_correction(case: Case) -> None:
    """More electrons in every second column: the steps between columns in the dark."""
    cam = case.open(render=True, scene=Dark(), Width=256, Height=256, PixelFormat="Mono12")
    case.lacks(cam, "*FixedPattern*", "*FPN*", "*Shading*", "*PRNU*", "*DSNU*")
    step = {}
    for electrons in (0.0, 200.0, 400.0):
        cam.world.flaws = Flaws(columns=dict.fromkeys(range(1, 256, 2), electrons))
        picture = cam.grab(4)[-1].picture.astype(float)
        step[electrons] = picture[:, 1::2].mean() - picture[:, 0::2].mean()
    case.near("columns without a pattern brighter by", step[0], 0, 1, "DN")
    case.within("by 200 e-", step[200], 50, 200, "DN")  # 12 bit stand for some 9500 e-
    case.near("by 400 e-", step[400], 2 * step[200], 2, "DN")


# -- region ----------------------------------------------------------------------------------------
@check("baumer.roi.arbitrary", "basler.roi.changes_resolution", heavy="pictures")
def cut(case: Case) -> None:
    """The same pixels of the same light: of the whole sensor, and of regions from corner to corner."""
    scene, taken = lit_for(Ramp(), 10 * MS), {"PixelFormat": "Mono12", "ExposureTime": 10_000}
    cam = case.open(render=True, scene=scene, OffsetX=0, OffsetY=0, **taken)
    case.write(cam, Width=cam.WidthMax, Height=cam.HeightMax)
    (whole,) = cam.grab()
    case.equal("the whole", whole.picture.shape, (cam.SensorHeight, cam.SensorWidth))
    step_x, step_y = int(cam.increment("Width") or 1), int(cam.increment("Height") or 1)
    width, height = 2 * step_x, 21 * step_y
    for share in (0, 0.0155, 0.5, 1):
        x = int(share * (cam.WidthMax - width)) // step_x * step_x
        y = int(share * (cam.HeightMax - height)) // step_y * step_y
        cam = case.open(render=True, scene=scene, Width=width, Height=height, **taken)
        case.write(cam, OffsetX=x, OffsetY=y)
        (part,) = cam.grab()
        same = np.array_equal(part.picture, whole.picture[y : y + height, x : x + width])
        case.that(f"{width} x {height} at ({x}, {y}) is that cut of the whole", same)


@check("basler.roi.width_default", "basler.roi.height_default", heavy="pictures")
def default_region(case: Case) -> None:
    """As it is switched on, and after UserSetLoad of Default."""
    name, axis = ("Width", 1) if "width" in case.claim.id else ("Height", 0)
    cam, default = case.open(render=True), case.claim.number
    for when in ("switched on", "Default loaded"):
        case.equal(f"{name}, {when}", getattr(cam, name), default)
        case.equal("picture", cam.grab()[0].picture.shape[axis], default)
        case.write(cam, **{name: 64})
        case.equal("picture, 64 wanted", cam.grab()[0].picture.shape[axis], 64)
        case.write(cam, UserSetSelector="Default")
        cam.UserSetLoad()


@check("baumer.roi.width_min", "baumer.roi.height_min", heavy="pictures")
def smallest(case: Case) -> None:
    name = "Width" if "width" in case.claim.id else "Height"
    cam = case.open(render=True)
    case.equal(f"lowest {name}", cam.limits(name)[0], case.claim.number)
    case.write(cam, **{name: int(case.claim.number)})
    shape = cam.grab()[0].picture.shape
    case.equal("picture", shape[name == "Width"], case.claim.number)


@check("baumer.roi.width_step")
def width_step(case: Case) -> None:
    cam = case.open()
    case.equal("increment of Width", cam.increment("Width"), case.claim.number)
    case.takes(cam, "Width", 32)
    case.refuses(cam, "Width", 24)


@check("baumer.roi.height_step")
def height_step(case: Case) -> None:
    cam = case.open(render=True, Width=16)
    case.equal("increment of Height", cam.increment("Height"), case.claim.number)
    case.takes(cam, "Height", 7, 2999, 11)
    case.equal("rows", cam.grab()[0].picture.shape[0], 11)


# -- binning and flips -----------------------------------------------------------------------------
@check("baumer.binning.size.2x2", "baumer.binning.size.2x1", "baumer.binning.size.1x2", heavy="pictures")
def binned_size(case: Case) -> None:
    across, down = map(int, case.claim.id.rpartition(".")[2].split("x"))
    cam = case.open(render=True, BinningHorizontal=across, BinningVertical=down)
    case.equal("WidthMax x HeightMax", (cam.WidthMax, cam.HeightMax), case.claim.size)
    case.write(cam, Width=cam.WidthMax, Height=cam.HeightMax)
    case.equal("picture", cam.grab()[0].picture.shape[::-1], case.claim.size)


@check("baumer.binning.horizontal", "baumer.binning.vertical")
def binning_factors(case: Case) -> None:
    name = f"Binning{case.claim.id.rpartition('.')[2].capitalize()}"
    cam = case.open()
    case.takes(cam, name, *(int(n) for n in reversed(case.claim.names)))
    case.refuses(cam, name, 3, 4)


@check("baumer.flip.horizontal", "baumer.flip.vertical", heavy="pictures")
def flip(case: Case) -> None:
    """The same light, and the same frame of the same camera."""
    name, turned = {
        "baumer.flip.horizontal": ("ReverseX", np.s_[:, ::-1]),
        "baumer.flip.vertical": ("ReverseY", np.s_[::-1, :]),
    }[case.claim.id]
    first, second = (
        case.open(
            render=True,
            scene=lit_for(Ramp(), 10 * MS),
            PixelFormat="Mono12",
            ExposureTime=10_000,
            **{name: on},
        )
        .grab()[0]
        .picture
        for on in (False, True)
    )
    case.that(f"{name} turns the whole picture round", np.array_equal(second, first[turned]))


@check("baumer.payload.max")
def payload_max(case: Case) -> None:
    cam = case.open(PixelFormat="Mono12", ChunkModeActive=True)
    for name in cam.entries("ChunkSelector"):
        case.write(cam, ChunkSelector=name)
        if cam.access("ChunkEnable") == "RW":
            case.write(cam, ChunkEnable=True)
    _, most = case.claim.span
    case.within("PayloadSize with all chunks", cam.PayloadSize, 4096 * 3000 * 2, most, "B")


@check("baumer.frame_counter")
def frame_counter(case: Case) -> None:
    wrap = int(case.claim.number)
    for before, then in ((65_534, [65_535, 65_536]), (wrap - 3, [wrap - 2, wrap - 1])):
        cam = case.open(Width=16, Height=1)
        cam.world.preset_frame_count(before)
        case.equal("frame ids", [f.frame_id for f in cam.grab(2)], then)
    after = [f.frame_id for f in cam.grab(2)]
    case.saw(f"then {after}")
    if any(not 0 <= i < 8 for i in after):
        case.wrong(f"after {wrap - 1} come {after}")


# -- the clock -------------------------------------------------------------------------------------
@check("baumer.timestamp.bits")
def timestamp_bits(case: Case) -> None:
    cam = case.open(Width=16, Height=1)
    cam.world.preset_timestamp(2**32 - 8)
    first, second = cam.grab(2)
    case.that(
        "a frame's timestamp goes on beyond 2^32",
        second.timestamp_ns > first.timestamp_ns >= 2**32 - 8 and second.timestamp_ns > 2**32,
    )
    cam.world.preset_timestamp(2**62)
    case.that("and beyond 2^62", cam.grab()[0].timestamp_ns >= 2**62)
    cam.TimestampLatch()
    case.that("TimestampLatchValue, too", cam.TimestampLatchValue > 2**62)


@check("baumer.timestamp.unit")
def timestamp_unit(case: Case) -> None:
    cam = case.open(AcquisitionFrameRateEnable=True, AcquisitionFrameRate=1.0)
    first, second = cam.grab(2)
    case.near("two frames 1 s apart", second.timestamp_ns - first.timestamp_ns, SEC, 1e-4 * SEC, "ns")


@check("baumer.timestamp.increment")
def timestamp_increment(case: Case) -> None:
    cam = case.open(Height=101, ExposureTime=777)
    case.equal("TimestampIncrement", cam.TimestampIncrement, case.claim.number)
    stamps = [f.timestamp_ns for f in cam.grab(200)]
    for _ in range(50):
        cam.advance(1003)
        cam.TimestampLatch()
        stamps.append(cam.TimestampLatchValue)
    rests = {stamp % int(case.claim.number) for stamp in stamps}
    case.equal(f"rests of {len(stamps)} timestamps", sorted(rests), [0])
    steps = {(stamp // 8) % 2 for stamp in stamps}
    case.equal("odd and even multiples", sorted(steps), [0, 1])
