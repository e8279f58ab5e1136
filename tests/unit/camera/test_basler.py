"""Features that only the Basler has, or names differently: each against its data sheet's row."""

import numpy as np
import pytest

import camtwin
from camtwin.camera.features.image_format_control import ImageFormatControl
from camtwin.problem import Refused
from camtwin.scene import Flat
from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from unit.camera.frames.test_bursts import MODEL, opened
from unit.camera.frames.test_triggers import logged, times

SMALL = ("Width=64", "Height=16", "ExposureTime=100")
FILTER = US


def rendered(*texts: str, **options: object) -> Session:
    cam = camtwin.open(MODEL, **options)  # type: ignore[arg-type]
    for text in texts:
        cam.set(text)
    return cam


SIGNALS = [f"SoftwareSignal{n}" for n in (1, 2, 3)]


@pytest.mark.parametrize("source", ["Line1", "Line3", "Line4", "Software", *SIGNALS])
def test_every_source_of_the_trigger(source):
    cam = opened(*SMALL, "TriggerMode=On", f"TriggerSource={source}", "AcquisitionStart")
    log = logged(cam)
    for line in ("Line1", "Line3", "Line4"):
        cam.lines[line].pulse(10 * US)
        cam.advance(100 * MS)
    cam.twin.camera.trigger_software("FrameStart")
    cam.advance(100 * MS)
    for signal in SIGNALS:
        cam.SoftwareSignalSelector = signal
        cam.SoftwareSignalPulse()
        cam.advance(100 * MS)
    assert len(times(log, "ExposureStart")) == 1
    assert cam.entries("TriggerSource")[0] == "Line1", "from the factory"


def test_rates_are_told_before_they_are_run():
    """The sheet's 23.4 a second; exposure, link and wish make it less, as frames then show."""
    cam = opened()
    assert cam.ResultingFrameRate == pytest.approx(23.4, abs=0.01)
    assert cam.SensorReadoutTime == pytest.approx(1e6 / 23.4, rel=1e-3)
    for texts in (
        (),
        ("Height=1000",),
        ("ExposureTime=100000",),
        ("DeviceLinkThroughputLimit=100000000",),
        ("PixelFormat=Mono12",),
        ("AcquisitionFrameRateEnable=true", "AcquisitionFrameRate=5"),
    ):
        cam = opened(*texts)
        said = cam.ResultingFrameRate
        frames = cam.grab(60)
        rate = 40 * SEC / (frames[-1].received_ns - frames[-41].received_ns)
        assert rate == pytest.approx(said, rel=1e-6), texts
        assert cam.DeviceLinkCurrentThroughput == pytest.approx(said * cam.PayloadSize)


def test_lines_and_their_directions():
    cam, found = opened(), {}
    for name in cam.entries("LineSelector"):
        cam.LineSelector = name
        found[name] = (cam.LineMode, cam.LineFormat, cam.access("LineMode"))
    assert found == {
        "Line1": ("Input", "OptoCoupled", "RO"),
        "Line2": ("Output", "OptoCoupled", "RO"),
        "Line3": ("Input", "TTL", "RW"),
        "Line4": ("Input", "TTL", "RW"),
    }
    cam.LineSelector, cam.LineInverter = "Line4", True
    assert cam.LineLogic == "Negative"
    assert cam.LineStatusAll == 0b1000, "a bit a line, Line1 the lowest"


@pytest.mark.parametrize(("width_us", "passes"), [(99, False), (101, True)])
def test_one_debouncer_for_both_edges(width_us, passes):
    cam = opened("LineSelector=Line1", "LineDebouncerTime=100")
    cam.lines["Line1"].pulse(width_us * US)
    cam.advance(SEC)
    late = 100 * US + FILTER
    assert cam.lines["Line1"].inner == ([(late, True), (width_us * US + late, False)] if passes else [])


@pytest.mark.parametrize(
    ("exposure_us", "min_us", "lasts_us"), [(28, 100, 100), (28, 0, 28), (500, 100, 500)]
)
def test_pulses_of_outputs_last_at_least_as_long_as_they_should(exposure_us, min_us, lasts_us):
    cam = opened("Height=16", f"ExposureTime={exposure_us}", "LineSelector=Line3", "LineMode=Output",
                 "LineSource=ExposureActive", f"LineMinimumOutputPulseWidth={min_us}", "TriggerMode=On",
                 "TriggerSource=Software", "AcquisitionStart")  # fmt: skip
    for _ in range(2):
        cam.TriggerSoftware()
        cam.advance(100 * MS)
    edges = [t for t, _ in cam.lines["Line3"].edges]
    assert [b - a for a, b in zip(edges[::2], edges[1::2], strict=True)] == [lasts_us * US] * 2
    cam.TriggerSoftware()
    cam.advance(20 * US)
    cam.LineSource = "Off"
    cam.advance(SEC)
    assert not cam.lines["Line3"].level


def test_a_counter_is_reset_by_a_falling_edge_and_by_no_software_trigger():
    cam = opened(*SMALL, "TriggerMode=On", "TriggerSource=Software", "CounterEventSource=FrameTrigger",
                 "CounterDuration=10", "CounterResetSource=Line1", "CounterResetActivation=FallingEdge",
                 "AcquisitionStart")  # fmt: skip
    counter = cam.twin.camera.counters["Counter1"]
    for _ in range(3):
        cam.TriggerSoftware()
        cam.advance(MS)
    assert counter.value == 3
    cam.lines["Line1"].drive(True)
    cam.advance(MS)
    assert counter.value == 3
    cam.lines["Line1"].drive(False)
    cam.advance(MS)
    assert counter.value == 0
    cam.CounterResetSource = "Software"
    cam.TriggerSoftware()
    assert counter.value == 1
    cam.CounterReset()
    assert counter.value == 0


def test_the_timer_follows_the_flash_window_which_is_the_exposure():
    cam = opened(*SMALL, "TriggerMode=On", "TriggerSource=Software", "TimerTriggerSource=FlashWindowStart",
                 "TimerDelay=100", "TimerDuration=250", "LineSelector=Line4", "LineMode=Output",
                 "LineSource=Timer1Active", "AcquisitionStart")  # fmt: skip
    log = logged(cam)
    cam.TriggerSoftware()
    cam.advance(SEC)
    start = times(log, "ExposureStart")[0]
    assert cam.lines["Line4"].edges == [(start + 100 * US, True), (start + 350 * US, False)]


def test_the_sequencer_moves_on_a_software_signal_and_keeps_what_its_family_keeps():
    cam = opened(*SMALL, "TriggerMode=On", "TriggerSource=Software", "SequencerConfigurationMode=On")
    for number, (time, gain) in enumerate(((100.0, 1.0), (200.0, 2.0), (300.0, 3.0))):
        cam.SequencerSetSelector, cam.ExposureTime, cam.Gain = number, time, gain
        cam.SequencerSetSave()
        cam.SequencerSetNext = (number + 1) % 3
        cam.SequencerTriggerSource = "SoftwareSignal1"
    cam.SequencerConfigurationMode, cam.SequencerMode = "Off", "On"
    cam.AcquisitionStart()
    taken = []
    for _ in range(4):
        cam.TriggerSoftware()
        cam.advance(100 * MS)
        (frame,) = cam.fetch()
        taken.append((frame.settings.ExposureTime_ns // 1000, frame.settings.Gain_dB["All"]))
        cam.SoftwareSignalPulse()
    assert taken == [(100, 1.0), (200, 2.0), (300, 3.0), (100, 1.0)]


def test_temperature_states_and_their_events():
    cam = opened(*SMALL)
    for event in ("CriticalTemperature", "OverTemperature"):
        cam.EventSelector, cam.EventNotification = event, "On"
    seen = []
    for degrees in (79.0, 80.5, 85.0, 82.0, 79.5):
        cam.world.hold_internal_C(degrees)
        cam.advance(MS)
        seen.append((cam.TemperatureState, cam.twin.camera.transmitter.flowing))
    assert seen == [("Ok", True), ("Critical", True), ("Error", False), ("Error", False), ("Ok", True)]
    assert [event.name for event in cam.events] == ["CriticalTemperature", "OverTemperature"]
    assert cam.entries("TemperatureState") == ("Ok", "Critical", "Error")


def test_pictures_in_the_middle():
    cam = opened()
    cam.Width, cam.Height, cam.CenterX, cam.CenterY = 640, 480, True, True
    assert (cam.OffsetX, cam.OffsetY) == ((4112 - 640) // 2 // 16 * 16, (3008 - 480) // 2)
    with pytest.raises(Refused, match="OffsetX is locked now"):
        cam.OffsetX = 0
    cam.Width = 4112
    assert (cam.OffsetX, cam.limits("Width")) == (0, (16, 4112))
    cam.CenterX = False
    cam.Width = 640
    cam.OffsetX = 16
    assert cam.OffsetX == 16


def test_user_defined_values_are_apart_and_part_of_a_user_set():
    cam = opened()
    for n in range(1, 6):
        cam.UserDefinedValueSelector, cam.UserDefinedValue = f"Value{n}", 1000 + n
    cam.UserSetSelector = "UserSet1"
    cam.UserSetSave()
    cam.UserDefinedValue = 0
    cam.UserSetLoad()
    kept = []
    for n in range(1, 6):
        cam.UserDefinedValueSelector = f"Value{n}"
        kept.append(cam.UserDefinedValue)
    assert kept == [1001, 1002, 1003, 1004, 1005]


def operate(cam: Session, operation: str, offset: int = 0, length: int = 0) -> tuple[str, int]:
    cam.FileAccessOffset, cam.FileAccessLength, cam.FileOperationSelector = offset, length, operation
    cam.FileOperationExecute()
    return cam.FileOperationStatus, cam.FileOperationResult


def test_a_file_is_written_part_by_part_kept_and_read_again():
    cam, content = opened(), bytes(range(256)) * 3
    cam.FileOpenMode = "Write"
    assert operate(cam, "Open") == ("Success", 0)
    for at in range(0, len(content), 500):
        part = content[at : at + 500]
        cam.FileAccessBuffer = part.ljust(512, b"\xff")
        assert operate(cam, "Write", at, len(part)) == ("Success", len(part))
    assert operate(cam, "Read", 0, 10) == ("Failure", 0), "it is open for writing"
    assert operate(cam, "Close") == ("Success", 0)
    cam.world.power_cycle()
    assert cam.FileSize == len(content)
    assert [operate(cam, "Open")[0], operate(cam, "Open")[0]] == ["Success", "Failure"], "open once"
    read = b""
    while (said := operate(cam, "Read", len(read), 512)) != ("Success", 0):
        read += cam.FileAccessBuffer[: said[1]]
    assert read == content
    assert operate(cam, "Write", 0, 1) == ("Failure", 0)
    assert operate(cam, "Close") == ("Success", 0)
    assert operate(cam, "Close") == ("Failure", 0)


def test_a_file_has_an_end_and_no_holes_and_is_kept_only_when_it_is_closed():
    cam = opened("FileOpenMode=Write")
    operate(cam, "Open")
    assert operate(cam, "Write", 1, 1) == ("Failure", 0)
    assert operate(cam, "Write", 0, 512) == ("Success", 512)
    for at in range(512, 4096, 512):
        assert operate(cam, "Write", at, 512) == ("Success", 512)
    assert operate(cam, "Write", 4096, 1) == ("Failure", 0)
    cam.world.power_cycle()
    assert cam.FileSize == 0
    keeper = cam.twin.camera.keeper
    keeper.memory = keeper.memory.model_copy(update={"nonvolatile_bytes": 100})
    cam.FileOpenMode = "Write"
    operate(cam, "Open")
    operate(cam, "Write", 0, 200)
    assert operate(cam, "Close") == ("Failure", 0), "there is no room"
    assert cam.FileSize == 0


def test_a_reset_is_a_restart():
    cam = opened(*SMALL, "AcquisitionStart")
    told: list[int] = []
    cam.twin.camera.on_power_up.subscribe(lambda: told.append(cam.now))
    cam.advance(SEC)
    cam.DeviceReset()
    assert (cam.Width, cam.twin.camera.idle, told) == (4096, True, [SEC])


def test_what_is_said_of_pixels():
    cam, said = opened(), {}
    for name in cam.entries("PixelFormat"):
        cam.PixelFormat = name
        said[name] = (cam.PixelSize, cam.PixelDynamicRangeMin, cam.PixelDynamicRangeMax, cam.PixelColorFilter)
    assert said == {
        "Mono8": ("Bpp8", 0, 255, "None"),
        "Mono10": ("Bpp16", 0, 1023, "None"),
        "Mono10p": ("Bpp10", 0, 1023, "None"),
        "Mono12": ("Bpp16", 0, 4095, "None"),
        "Mono12p": ("Bpp12", 0, 4095, "None"),
    }


# -- pictures ------------------------------------------------------------------------------------------
def test_shift_and_gamma_change_codes_exactly():
    plain = rendered("Width=64", "Height=16", "PixelFormat=Mono12", seed=3).grab()[0].picture.astype(int)
    cam = rendered("Width=64", "Height=16", "PixelFormat=Mono12", "DigitalShift=2", seed=3)
    np.testing.assert_array_equal(cam.grab()[0].picture, np.minimum(plain * 4, 4095))
    cam = rendered("Width=64", "Height=16", "PixelFormat=Mono12", "Gamma=0.5", seed=3)
    np.testing.assert_array_equal(cam.grab()[0].picture, np.rint(4095 * (plain / 4095) ** 0.5))


@pytest.mark.parametrize(
    ("columns", "rows", "modes"), [(2, 2, "SS"), (4, 1, "SA"), (3, 4, "AA"), (2, 3, "AS")]
)
def test_binned_codes_are_summed_or_averaged_along_each_side(columns, rows, modes):
    plain = rendered("Width=96", "Height=48", "PixelFormat=Mono12", seed=3).grab()[0].picture.astype(int)
    words = {"S": "Sum", "A": "Average"}
    cam = rendered(f"BinningHorizontal={columns}", f"BinningVertical={rows}", "Width=16", "Height=8",
                   f"BinningHorizontalMode={words[modes[0]]}", f"BinningVerticalMode={words[modes[1]]}",
                   "PixelFormat=Mono12", seed=3)  # fmt: skip
    total = plain[: 8 * rows, : 16 * columns].reshape(8, rows, 16, columns).sum((1, 3))
    divisor = (columns if modes[0] == "A" else 1) * (rows if modes[1] == "A" else 1)
    np.testing.assert_array_equal(cam.grab()[0].picture, np.minimum((total + divisor // 2) // divisor, 4095))


def test_the_second_test_image_moves_and_the_first_does_not():
    columns, rows = np.arange(64), np.arange(16)[:, None]
    for name, moving in (("Testimage1", 0), ("Testimage2", 1)):
        for frame in rendered(*SMALL, f"TestImageSelector={name}").grab(3):
            expected = (columns + rows + moving * frame.frame_id) % 256
            np.testing.assert_array_equal(frame.picture, expected)


def test_the_cameras_own_brightness():
    """AutoTargetBrightness is a share of the highest code, in ROI1 alone."""
    cam = rendered("Width=640", "Height=480", "AutoTargetBrightness=0.4", "ExposureAuto=Continuous",
                   "AutoFunctionROIWidth=100", "AutoFunctionROIHeight=100", "PixelFormat=Mono12",
                   scene=Flat(photons_per_s=2e5))  # fmt: skip
    frame = cam.grab(8)[-1]
    black = frame.settings.BlackLevel_DN["All"]
    assert (frame.picture[:100, :100].mean() - black) / 4095 == pytest.approx(0.4, abs=0.03)
    assert cam.AutoFunctionProfile == "MinimizeGain"
    assert cam.Gain == 0


def test_chunks_are_those_of_the_family():
    cam = rendered(*SMALL, "ChunkModeActive=true")
    for name in cam.entries("ChunkSelector"):
        cam.ChunkSelector, cam.ChunkEnable = name, True
    cam.Gain = 2.5
    frame = cam.grab()[0]
    assert frame.chunks is not None
    assert set(frame.chunks) == {"Image", "CounterValue", "ExposureTime", "Gain", "LineStatusAll",
                                 "PayloadCRC16", "SequencerSetActive", "Timestamp"}  # fmt: skip
    assert (frame.chunks["ExposureTime"], frame.chunks["Gain"]) == (100.0, 2.5)
    assert frame.chunks["Timestamp"] == frame.timestamp_ns
    assert len(frame.payload) == cam.PayloadSize


def test_what_this_model_does_not_have_is_not_there():
    cam = opened()
    for name in ("TriggerOverlap", "AcquisitionAbort", "ReadoutMode", "DefectPixelCorrection",
                 "ActionDeviceKey", "CounterValue", "DeviceTemperatureStatus", "BrightnessAutoNominalValue",
                 "GevSCPSPacketSize",
                 "TimerTriggerActivation", "SequencerFeatureSelector", "BalanceRatio"):  # fmt: skip
        assert not cam.has(name), name
    assert ImageFormatControl.features["TestPattern"].name not in cam.features()
