"""What a sheet says that a camera does not have: no feature of it, and nothing that it would do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from camtwin.units import MS, SEC
from camtwin.verify.case import Case, check

FEATURES: Final[Mapping[str, tuple[str, ...]]] = {
    "ids.sensor.readout_mode": ("*ReadoutMode*", "SensorMode*"),
    "ids.gain.master": ("Gain", "GainAuto*", "*DigitalGain*", "*AnalogGain*"),
    "ids.gain.rgb": ("GainSelector", "BalanceRatio*"),
    "ids.decimation.horizontal": ("DecimationHorizontal", "SubSamplingHorizontal"),
    "ids.decimation.vertical": ("DecimationVertical", "SubSamplingVertical"),
    "ids.decimation.method": ("Decimation*Mode",),
    "ids.decimation.factor": ("Decimation*", "SubSampling*"),
    "ids.decimation.fpga": ("DecimationSelector", "DecimationRegion*"),
    "ids.decimation.sensor": ("DecimationSelector", "SensorDecimation*"),
    "ids.binning.fpga": ("BinningSelector", "BinningRegion*"),
    "ids.adjust.auto_exposure": ("ExposureAuto*", "BrightnessAuto*"),
    "ids.adjust.auto_gain": ("GainAuto*",),
    "ids.adjust.auto_whitebalance": ("BalanceWhiteAuto*",),
    "ids.adjust.gamma": ("Gamma*",),
    "ids.adjust.lut": ("LUT*",),
    "ids.sequencer": ("Sequencer*",),
    "ids.flash.pwm": ("*PWM*", "*Pwm*", "*Flash*", "Timer*"),
}


@check(*FEATURES)
def lacking(case: Case) -> None:
    case.lacks(case.open(), *FEATURES[case.claim.id])


@check("ids.chunks")
def no_chunks(case: Case) -> None:
    cam = case.open(Width=240, Height=240, PixelFormat="BayerGR12g24IDS", render=True)
    case.lacks(cam, "Chunk*")
    case.equal("PayloadSize", cam.PayloadSize, 240 * 240 * 12 // 8)
    case.equal("bytes of a frame", len(cam.grab()[0].payload), 240 * 240 * 12 // 8)


@check("ids.events")
def no_events(case: Case) -> None:
    cam = case.open(Height=32)
    case.lacks(cam, "Event*")
    case.equal("frames", len(cam.grab(100)), 100)
    case.equal("messages meanwhile", len(cam.events), 0)


@check("ids.flash.flashing")
def no_flash(case: Case) -> None:
    """Whatever an output can be driven by: it stands still while frames are exposed."""
    cam = case.open()
    for line in ("Line1", "Line2", "Line3"):
        case.write(cam, LineSelector=line)
        if cam.LineMode != "Output":
            case.write(cam, LineMode="Output")
        for source in cam.entries("LineSource"):
            if any(word in source for word in ("Flash", "Exposure", "Strobe", "Timer")):
                case.wrong(f"LineSource of {line} has {source}")
            case.write(cam, LineSource=source)
            cam.grab(2)
            case.equal(f"edges of {line}", len(cam.lines[line].edges), 0)
    case.saw(f"LineSource: {', '.join(cam.entries('LineSource'))}")


@check("ids.acq.line_scan")
def no_line_scan(case: Case) -> None:
    cam = case.open()
    case.lacks(cam, "*LineScan*", "*LineRate*")
    case.entries(cam, "DeviceScanType", ["Areascan"])
    case.refuses(cam, "Height", 1, 8, 24)


@check("ids.acq.long_exposure")
def no_long_exposure(case: Case) -> None:
    cam = case.open()
    case.lacks(cam, "*LongExposure*", "*Bulb*")
    case.refuses(cam, "ExposureTime", 1_900_001.0, 1e7)


@check("ids.memory")
def no_memory(case: Case) -> None:
    """A second in which the host takes nothing: what is exposed meanwhile is never seen."""
    cam = case.open()
    case.lacks(cam, "Transfer*", "ImageBuffer*", "*BufferMode*", "*BufferCount*")
    cam.AcquisitionStart()
    cam.advance(SEC)
    before = len(cam.fetch())
    case.within("frames in a second", before, 17, 18)
    cam.world.stall_link()
    cam.advance(SEC)
    cam.AcquisitionStop()
    cam.advance(100 * MS)
    cam.world.resume_link()
    cam.advance(SEC)
    case.within("of the frames of the second in which it was stalled come", len(cam.fetch()), 0, 1)
