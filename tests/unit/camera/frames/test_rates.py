"""Frame rates of the VCXG-124M in virtual time against the rows of its data sheet, typed by hand.

Sheet: "Partial Scan @ FullFrame, min Exposure, Mono8", columns "max. fps acquisition" and "max. fps
interface"; full frame from "Acquisition". The acquisition column ignores the link.
"""

from math import floor

import pytest

from camtwin.units import MS, SEC, US
from unit.camera.bench import bench, rate_Hz

ROWS = [
    ("full frame", 4096, 3000, 15, 9),
    ("UHD", 3840, 2160, 20, 14),
    ("Full HD", 1920, 1080, 40, 40),
    ("SXGA", 1280, 1024, 43, 43),
    ("HD720", 1280, 720, 59, 59),
    ("XGA", 1024, 768, 56, 56),
    ("SVGA", 800, 600, 70, 70),
    ("VGA", 640, 480, 86, 86),
    ("CIF", 352, 288, 135, 135),
    ("QVGA", 320, 240, 157, 157),
    ("QCIF", 176, 144, 232, 232),
    ("4096x2048", 4096, 2048, 22, 14),
    ("4096x1024", 4096, 1024, 43, 29),
    ("4096x512", 4096, 512, 81, 58),
    ("4096x256", 4096, 256, 149, 117),
    ("4096x128", 4096, 128, 252, 235),
    ("4096x64", 4096, 64, 387, 387),
    ("4096x32", 4096, 32, 529, 529),
    ("4096x16", 4096, 16, 646, 646),
    ("4096x8", 4096, 8, 728, 728),
    ("4096x4", 4096, 4, 776, 776),
    ("4096x2", 4096, 2, 803, 803),
    ("4096x1", 4096, 1, 817, 817),
]
JUMBO = {"GevSCPSPacketSize": 9000, "ExposureTime_ns": 15 * US}


def acquired_Hz(frames: int = 60, **settings) -> float:
    b = bench(None, **settings)
    b.camera.start()
    while len(b.exposures) < frames:
        b.at(b.twin.clock.next_time() or 0)
    return rate_Hz(b.times("FrameStart")[-51:])


def received_Hz(seconds: int = 6, speed: int | None = 0, trigger_ns: int = 0, **settings) -> float:
    """Frames at the host in all but the first second."""
    b = bench(speed, **settings)
    b.camera.start()
    for t in range(0, seconds * SEC if trigger_ns else 0, trigger_ns or 1):
        b.at(t).trigger_software("FrameStart")
    b.at(seconds * SEC)
    return rate_Hz([d.end_ns for d in b.delivered if d.end_ns > SEC])


@pytest.mark.parametrize(("name", "width", "height", "acquisition", "interface"), ROWS)
def test_rows_of_the_sheet(name, width, height, acquisition, interface):
    roi = {"Width": width, "Height": height, **JUMBO}
    assert floor(acquired_Hz(**roi)) == acquisition
    assert floor(received_Hz(**roi)) == interface


@pytest.mark.parametrize(("columns", "rows"), [(2, 2), (2, 1), (1, 2)])
def test_binned_rows_of_the_sheet(columns, rows):
    binned = {"BinningHorizontal": columns, "BinningVertical": rows, **JUMBO}
    size = {"Width": 4096 // columns, "Height": 3000 // rows}
    assert floor(acquired_Hz(**size, **binned)) == 15
    assert acquired_Hz(**size, **binned) == pytest.approx(acquired_Hz(**JUMBO), rel=1e-9)
    assert floor(received_Hz(trigger_ns=MS, TriggerMode="On", **size, **binned)) == 15


@pytest.mark.parametrize("packet", [1500, 9000])
def test_full_frame_in_trigger_mode(packet):
    got = received_Hz(trigger_ns=MS, GevSCPSPacketSize=packet, ExposureTime_ns=15 * US, TriggerMode="On")
    assert floor(got) == 9


def test_rate_does_not_depend_on_the_pixel_format():
    assert acquired_Hz(**JUMBO, PixelFormat="Mono12") == pytest.approx(acquired_Hz(**JUMBO), rel=1e-9)


def test_fast_ethernet_takes_ten_times_as_long():
    slow, fast = received_Hz(20, 10**8, **JUMBO), received_Hz(20, 10**9, **JUMBO)
    assert slow == pytest.approx(fast / 10, rel=0.02)


def test_packet_delay_slows_the_link():
    # 1371 payload packets of 8964 B, leader and trailer, 10 us each: 13.73 ms more than 100.7 ms a frame
    plain, delayed = received_Hz(**JUMBO), received_Hz(**JUMBO, GevSCPD=10 * US)
    assert 1e3 / delayed - 1e3 / plain == pytest.approx(13.73, abs=0.02)


def test_readout_time_is_the_sheets():
    b = bench(None)
    b.camera.start()
    b.at(SEC)
    (start, end), *_ = zip(b.times("ReadoutStart"), b.times("ReadoutEnd"), strict=False)
    assert (end - start) / MS == pytest.approx(65.8, abs=0.1)


def test_overlapped_and_sequential():
    assert acquired_Hz(ExposureTime_ns=50 * MS) == pytest.approx(1 / 0.065767, rel=1e-4)
    assert acquired_Hz(ExposureTime_ns=50 * MS, ReadoutMode="Sequential") == pytest.approx(
        1 / 0.115767, rel=1e-4
    )
    assert acquired_Hz(ExposureTime_ns=100 * MS) == pytest.approx(10, rel=1e-6)


def test_frame_rate_setting():
    on = {"AcquisitionFrameRateEnable": True}
    assert acquired_Hz(**on, AcquisitionFrameRate_Hz=10.0) == pytest.approx(10, rel=1e-9)
    assert acquired_Hz(**on, AcquisitionFrameRate_Hz=65535.0, **JUMBO) == pytest.approx(15.205, abs=1e-3)
    b = bench(**on, AcquisitionFrameRate_Hz=0.01)
    b.camera.start()
    b.at(250 * SEC)
    assert b.times("FrameStart") == [0, 100 * SEC, 200 * SEC]
