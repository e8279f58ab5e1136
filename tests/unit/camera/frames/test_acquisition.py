"""The acquisition machine: modes, triggers, abort, settings of a frame, image memory."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camtwin.problem import Refused
from camtwin.units import MS, SEC, US
from unit.camera.bench import bench, rate_Hz

TRIGGERED = {"TriggerMode": "On", "ExposureTime_ns": MS}
LATENCY, GRID = 97_700, 16_400  # "fixed Trigger Delay out of t_readout", and 114.1 us less it


@pytest.mark.parametrize(("mode", "count", "frames"), [("SingleFrame", 9, 1), ("MultiFrame", 7, 7)])
def test_modes_that_end(mode, count, frames):
    b = bench(AcquisitionMode=mode, AcquisitionFrameCount=count)
    b.camera.start()
    assert not b.camera.idle
    b.at(5 * SEC)
    assert len(b.delivered) == frames
    assert not b.camera.acquiring
    assert b.camera.idle


def test_continuous_runs_until_stop_and_finishes_its_frame():
    b = bench()
    b.camera.start()
    b.at(SEC).stop()
    assert not b.camera.acquiring
    b.at(2 * SEC)
    assert b.camera.idle
    assert [d.exposure.frame_id for d in b.delivered] == list(range(1, len(b.exposures) + 1))
    assert b.times("AcquisitionEnd")


def test_start_again_while_the_last_frame_is_under_way():
    b = bench(ExposureTime_ns=500 * MS)
    b.camera.start()
    b.at(100 * MS).stop()
    b.at(200 * MS).start()
    b.at(3 * SEC)
    assert len(b.delivered) >= 4


def test_settings_may_change_as_soon_as_it_stops_and_frames_keep_their_own():
    b = bench(ExposureTime_ns=100 * MS)
    tree = b.camera.tree
    b.camera.start()
    with pytest.raises(Refused, match="Width is locked now"):
        tree.set(b.at(10 * MS), "Width", 640)
    b.at(20 * MS).stop()
    tree.set(b.camera, "Width", 640)
    b.at(SEC)
    assert [e.settings.Width for e in b.exposures] == [4096]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400 * MS), st.sampled_from([15 * US, 4 * MS, 90 * MS]))
def test_abort_at_any_moment_is_idle_within_one_readout(moment, exposure):
    b = bench(ExposureTime_ns=exposure)
    b.camera.start()
    b.at(moment).abort()
    assert not b.camera.acquiring
    b.at(moment + 65_770 * US)  # sheet: "Acquisition Abort: Delay up to 65.8 msec"
    assert b.camera.idle
    frames = len(b.delivered)
    b.at(moment + SEC)
    assert len(b.delivered) == frames


def test_abort_cuts_the_transfer_under_way():
    b = bench()
    b.camera.start()
    b.at(150 * MS).abort()
    assert b.aborts == [150 * MS]
    assert b.sent[-1].start_ns < 150 * MS < b.sent[-1].end_ns
    b.at(SEC)
    assert len(b.delivered) == len(b.sent) - 1


def test_software_trigger_has_the_fixed_delay_of_an_idle_sensor():
    b = bench(**TRIGGERED)
    b.camera.start()
    fired = [k * 500 * MS for k in range(1, 20)]
    for t in fired:
        b.at(t).trigger_software("FrameStart")
    b.at(11 * SEC)
    assert [s - t for s, t in zip(b.times("ExposureStart"), fired, strict=True)] == [LATENCY] * len(fired)


def test_triggers_during_readout_are_taken_on_a_grid():
    delays = set()
    for k in range(300):
        b = bench(None, **TRIGGERED)
        b.camera.start()
        b.at(0).trigger_software("FrameStart")
        t = 70 * MS - 4 * MS - k * 37_123  # the second exposure ends after the first readout
        if t < 66 * MS - MS:
            t = 66 * MS - MS - (k % 5) * 7_001
        b.at(t).trigger_software("FrameStart")
        b.at(SEC)
        delays |= {s - e.trigger_ns for s, e in zip(b.times("ExposureStart"), b.exposures, strict=True)}
    assert min(delays) == LATENCY
    assert max(delays) <= LATENCY + GRID


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(1, 300 * MS), min_size=1, max_size=30), st.sampled_from([15 * US, 5 * MS, 80 * MS])
)
def test_triggers_against_the_rule_of_the_family(gaps, exposure):
    """t_notready: until t_readout(n) - t_exp(n+1) after readout start, or the end of exposure n if later."""
    b = bench(None, TriggerMode="On", ExposureTime_ns=exposure)
    b.camera.start()
    t, taken, skipped, ready, readout_end = 0, 0, 0, 0, 0
    readout, base = 65_766_962, 0
    for gap in gaps:
        t += gap
        b.at(t).trigger_software("FrameStart")
        if t < ready:
            skipped += 1
            continue
        taken += 1
        start = t + LATENCY
        if t < readout_end and start < readout_end:
            start += (readout_end - readout - start) % GRID
        exposed = max(start + exposure, readout_end)
        readout_end = exposed + readout + base
        ready = max(exposed, readout_end - exposure)
    b.at(t + 2 * SEC)
    assert (len(b.exposures), len(b.times("TriggerSkipped"))) == (taken, skipped)


def test_trigger_delay_tracks_up_to_256_triggers():
    b = bench(None, **TRIGGERED, Height=1, TriggerDelay_ns=2 * SEC)
    b.set(ExposureTime_ns=15 * US)
    b.camera.start()
    for k in range(257):
        b.at(SEC + k * 5 * MS).trigger_software("FrameStart")
    assert b.times("TriggerSkipped") == [SEC + 256 * 5 * MS]
    b.at(10 * SEC)
    assert len(b.exposures) == 256
    assert b.times("ExposureStart")[0] == 3 * SEC + LATENCY


def test_stop_forgets_triggers_under_way():
    b = bench(**TRIGGERED, TriggerDelay_ns=SEC)
    b.camera.start()
    b.at(MS).trigger_software("FrameStart")
    b.at(2 * MS).stop()
    b.at(3 * MS).start()
    b.at(3 * SEC)
    assert not b.exposures


def test_exposure_time_is_the_frames_own_and_changes_with_the_next_frame():
    b = bench(None, ExposureTime_ns=10 * MS)
    b.camera.start()
    b.at(500 * MS)
    begun = len(b.times("FrameStart"))
    b.set(ExposureTime_ns=20 * MS)
    b.at(SEC)
    lengths = [e.end_ns - e.start_ns for e in b.exposures]
    assert lengths[:begun] == [10 * MS] * begun
    assert set(lengths[begun:]) == {20 * MS}


def test_frames_wait_in_the_pixels_for_the_one_image_of_memory():
    b = bench(ExposureTime_ns=15 * US, GevSCPSPacketSize=9000)
    b.camera.start()
    b.at(5 * SEC)
    assert not b.times("FrameTransferSkipped")
    assert rate_Hz([d.end_ns for d in b.delivered]) == pytest.approx(9.93, abs=0.01)
    assert len(b.times("TransferBufferFull")) >= len(b.delivered)


def test_one_image_is_kept_over_a_stalled_link_and_others_are_skipped():
    b = bench(AcquisitionFrameRateEnable=True, AcquisitionFrameRate_Hz=5.0)
    b.camera.transmitter.stall()
    b.camera.start()
    b.at(900 * MS).stop()
    b.at(2 * SEC)
    assert len(b.exposures) == 5
    assert not b.delivered
    assert len(b.times("FrameTransferSkipped")) == 4
    b.camera.transmitter.resume()
    b.at(3 * SEC)
    assert [d.exposure.frame_id for d in b.delivered] == [1]


SMALL = {"Width": 2048, "Height": 256, "ExposureTime_ns": 15 * US, "GevSCPSPacketSize": 1500}
SMALL_IMAGES = 36_000_000 // (2048 * 256 * 2)  # 34 fit


@pytest.mark.parametrize(("mode", "kept"), [("Off", 2), ("On", SMALL_IMAGES)])
def test_small_images_fill_the_memory_with_triggers_and_only_two_wait_without(mode, kept):
    b = bench(TriggerMode=mode, **SMALL)
    b.camera.transmitter.stall()
    b.camera.start()
    for t in range(0, SEC, 10 * MS):
        b.at(t).trigger_software("FrameStart")
    b.at(SEC).stop()
    b.camera.transmitter.resume()
    b.at(3 * SEC)
    assert len(b.exposures) >= 100
    assert len(b.delivered) == kept
    assert len(b.times("FrameTransferSkipped")) == len(b.exposures) - kept


def test_without_triggers_a_small_region_keeps_to_one_rate_after_seven_frames():
    b = bench(**SMALL, GevSCPD=10 * US)
    b.camera.start()
    b.at(2 * SEC)
    starts = b.times("FrameStart")[7:]
    apart = {later - earlier for earlier, later in itertools.pairwise(starts)}
    assert max(apart) - min(apart) < 20 * US
    assert rate_Hz(starts) == pytest.approx(rate_Hz([d.end_ns for d in b.delivered]), rel=1e-3)


def test_timestamps_are_in_ticks_of_8_ns_from_the_last_reset():
    b = bench(AcquisitionFrameRateEnable=True, AcquisitionFrameRate_Hz=9.9)
    b.camera.start()
    b.at(SEC + 5).time.reset()
    b.at(3 * SEC + 7).time.latch()
    assert b.camera.time.latched_ns == 2 * SEC
    stamps = [e.timestamp_ns for e in b.exposures]
    assert all(t % 8 == 0 for t in stamps)
    assert stamps[0] < stamps[5]
    assert stamps[-1] < 2 * SEC + 8


def test_frame_ids_wrap_at_2_to_the_32():
    b = bench(Height=100)
    b.camera.preset_frame_count(2**32 - 2)
    b.camera.start()
    b.at(100 * MS)
    assert [e.frame_id for e in b.exposures[:3]] == [2**32 - 1, 0, 1]
