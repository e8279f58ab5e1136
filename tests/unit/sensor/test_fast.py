"""The fused kernels against the readable reference: the same bits, everywhere."""

import os
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, Event, current_thread, get_ident

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camtwin import tiles
from camtwin.pixels import FORMATS, PixelFormat, pack
from camtwin.sensor import (
    chain,
    expose,
    expose_payload,
    expose_reference,
    fast,
    fixed_pattern,
    fixed_pattern_reference,
    kernels,
)
from physics.small_sensor import PARAMETERS, frames, light, readout

RATES = np.random.default_rng(3).uniform(0, 1.1e6, (128, 256)).astype(np.float32)
PATTERN = fixed_pattern_reference(PARAMETERS, 1)
PARTS = {
    "late_read_noise_e": "read_noise_e",
    "row_noise_e": "read_noise_e",
    "column_dsnu_e": "dsnu_e",
    "row_dsnu_e": "dsnu_e",
    "column_prnu": "prnu",
    "row_prnu": "prnu",
}
"""What is a part of what."""


def run(program, **environment):
    """Return the output of a fresh Python."""
    command, environment = [sys.executable, "-c", program], {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


@pytest.fixture(scope="module")
def whole():
    """Return a frame of the whole sensor, by the reference."""
    return expose_reference(RATES, PATTERN, PARAMETERS, readout())


@pytest.fixture(scope="module")
def small_tiles():
    """Tiles of a row or little more, so that small frames have many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "MIN_TILE", 1)
        patch.setattr(fast, "TILES_A_THREAD", 1000)
        yield


@settings(deadline=None)  # the first call compiles
@given(
    width=st.integers(1, 90),
    height=st.integers(1, 5),
    bits=st.sampled_from([8, 10, 12]),
    full_well_e=st.floats(1e3, 1e5),
    read_noise_e=st.one_of(st.just(0.0), st.floats(1e-3, 1), st.floats(1, 30)),
    gain_dB=st.floats(-10, 48),
    black_level_DN=st.floats(0, 511),
    dsnu_e=st.floats(0, 50),
    prnu=st.floats(0, 0.1),
    temperature_C=st.floats(-20, 90),
    exposure_s=st.floats(1e-6, 10),
    seed=st.integers(0, 2**64 - 1),
    frame=st.integers(0, 2**64 - 1),
    brightest_e=st.sampled_from([0, 10, 60, 1e3, 1e5]),
    analogue_dB=st.sampled_from([0.0, 12.0, 200.0]),
    shares=st.none() | st.tuples(*[st.floats(0, 0.7)] * 6),
)
def test_the_same_bits_as_the_reference(width, height, seed, frame, brightest_e, shares, **changes):
    sensor = {
        name: changes.pop(name) for name in ("full_well_e", "read_noise_e", "dsnu_e", "prnu", "analogue_dB")
    }
    for share, (part, whole) in zip(shares or (), PARTS.items(), strict=False):
        sensor[part] = share * sensor[whole]
    parameters = replace(PARAMETERS, width=width, height=height, **sensor)
    r = readout(parameters, seed=seed, frame=frame, **changes)
    rate_e = np.random.default_rng(width).uniform(0, brightest_e / r.exposure_s, (height, width))
    rate_e = rate_e.astype(np.float32)
    pattern, reference = fixed_pattern(parameters, seed), fixed_pattern_reference(parameters, seed)
    assert np.array_equal(pattern.gain, reference.gain)
    assert np.array_equal(pattern.offset_e, reference.offset_e)
    dn = expose(rate_e, pattern, parameters, r)
    assert dn.dtype == np.uint16
    assert np.array_equal(dn, expose_reference(rate_e, pattern, parameters, r))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_region_is_a_part_of_the_whole(data, whole):
    x, y = data.draw(st.integers(0, 255)), data.draw(st.integers(0, 127))
    width, height = data.draw(st.integers(1, 256 - x)), data.draw(st.integers(1, 128 - y))
    r = readout(x=x, y=y, width=width, height=height)
    region = slice(y, y + height), slice(x, x + width)
    assert np.array_equal(expose(RATES[region], PATTERN, PARAMETERS, r), whole[region])


@pytest.mark.parametrize("width", [1, 2, 3, 40, 41])
def test_every_region_of_a_row(width):
    """Each first and last column once: every way to cut pairs, of even and of odd sensors."""
    parameters = replace(PARAMETERS, width=width, height=1)
    pattern, rate_e = fixed_pattern(parameters, 9), RATES[:1, :width]
    row = expose_reference(rate_e, pattern, parameters, readout(parameters))
    for x in range(width):
        for end in range(x + 1, width + 1):
            r = readout(parameters, x=x, width=end - x)
            assert np.array_equal(expose(rate_e[:, x:end], pattern, parameters, r), row[:, x:end])


@pytest.mark.parametrize("threads", [None, 1, 2, 3, 64, 1000])
def test_any_number_of_threads(threads, whole, small_tiles):
    assert np.array_equal(expose(RATES, PATTERN, PARAMETERS, readout(), threads=threads), whole)


@pytest.mark.parametrize("threads", [1, 2])
def test_many_callers_at_once(threads, whole, small_tiles):
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(expose, RATES, PATTERN, PARAMETERS, readout(), None, threads) for _ in range(64)]
        assert all(np.array_equal(job.result(), whole) for job in jobs)


@pytest.mark.parametrize(
    "fmt",
    [
        PixelFormat("Mono4p", 0x01040039, 4),
        PixelFormat("Mono14", 0x01100025, 14),
        PixelFormat("Mono14p", 0x010E0104, 14),
        PixelFormat("Mono16", 0x01100007, 16),
        PixelFormat("RAW14", 0x40000000, 14, grouped=True),  # as CSI-2 lays it out
    ],
    ids=lambda fmt: fmt.name,
)
@pytest.mark.parametrize("threads", [1, 3])
def test_any_depth_is_packed_as_pixels_packs_it(fmt, threads, small_tiles):
    p = replace(PARAMETERS, adc_bits=16, gain_DN_per_e=6.0)
    r = readout(bits=fmt.bits, x=3, width=197, y=5, height=101)
    rates = np.ascontiguousarray(RATES[5:106, 3:200])
    dn = expose_reference(rates, PATTERN, p, r)
    assert dn.max() > (1 << fmt.bits) * 3 // 4
    assert np.array_equal(expose_payload(rates, PATTERN, p, r, fmt, threads), pack(dn, fmt))


@given(seed=st.integers(0, 2**64 - 1), frame=st.integers(0, 2**64 - 1), y=st.integers(0, 100))
@settings(deadline=None)  # the first call compiles
def test_keys_and_row_noise_are_the_references(seed, frame, y):
    r = readout(seed=seed, frame=frame, y=y, height=28)
    keys = chain.frame_keys(r)
    assert kernels.frame_keys(np.uint64(seed), np.uint64(frame)) == keys
    made = np.empty(28, np.float32)
    kernels.row_normals(keys.row, y, made)
    assert np.array_equal(made, chain.row_normals(r, keys))


def test_helpers_that_never_come_are_not_waited_for(whole, small_tiles, monkeypatch):
    """Render without helpers, as after a fork, when the pool's threads are gone, or on a busy machine."""
    with ThreadPoolExecutor(1) as busy:
        free = Event()
        busy.submit(free.wait)
        monkeypatch.setattr(tiles, "_helpers", lambda: busy)
        try:
            assert np.array_equal(expose(RATES, PATTERN, PARAMETERS, readout(), threads=2), whole)
        finally:
            free.set()


def test_a_helper_takes_what_the_caller_does_not(small_tiles, monkeypatch):
    """Tiles are handed out one by one: while one thread is held up, the other makes the rest."""
    taken: dict[int, list[int]] = {}
    others_done = Event()

    class Kernels:
        frame_keys = staticmethod(kernels.frame_keys)

        @staticmethod
        def expose_rows(*arguments):
            first = arguments[10]
            taken.setdefault(get_ident(), []).append(first)
            if first == 0:
                assert others_done.wait(30)
            elif sum(map(len, taken.values())) == 128:
                others_done.set()

    monkeypatch.setattr(fast, "_kernels", lambda: Kernels)
    expose(RATES, PATTERN, PARAMETERS, readout(), threads=2)
    assert sorted(map(len, taken.values())) == [1, 127]
    assert sorted(row for rows in taken.values() for row in rows) == list(range(128))


def test_what_fails_in_a_helper_is_raised(small_tiles, monkeypatch):
    both = Barrier(2)

    class Kernels:
        frame_keys = staticmethod(kernels.frame_keys)

        @staticmethod
        def expose_rows(*arguments):
            both.wait(30)
            if current_thread().name.startswith("tiles"):
                raise MemoryError("no scratch")

    monkeypatch.setattr(fast, "_kernels", lambda: Kernels)
    monkeypatch.setattr(fast, "TILES_A_THREAD", 1)
    with pytest.raises(MemoryError, match="no scratch"):
        expose(RATES[:2], PATTERN, PARAMETERS, readout(height=2), threads=2)


def test_bands_of_rows_make_the_frame(whole):
    out = np.zeros_like(whole)
    for y, end in ((0, 1), (1, 70), (70, 128)):
        expose(RATES[y:end], PATTERN, PARAMETERS, readout(y=y, height=end - y), out=out[y:end])
    assert np.array_equal(out, whole)


@pytest.mark.parametrize("threads", [None, 3])
@pytest.mark.parametrize("name", ["Mono8", "Mono10p", "Mono12p", "Mono12"])
def test_rows_made_as_they_are_needed_are_as_good_as_a_picture(name, threads, monkeypatch):
    monkeypatch.setattr(fast, "MIN_TILE", 1)
    monkeypatch.setattr(fast, "MADE_TILE", 1000)
    asked = []

    def rows(first, end):
        asked.append((first, end))
        return RATES[y + first : y + end, 3:200]

    fmt, y = FORMATS[name], 5
    r = readout(x=3, y=y, width=197, height=101, bits=fmt.bits)
    expected = expose_payload(RATES[y : y + 101, 3:200], PATTERN, PARAMETERS, r, fmt)
    assert np.array_equal(expose_payload(rows, PATTERN, PARAMETERS, r, fmt, threads), expected)
    assert len(asked) > 10
    assert sum(end - first for first, end in asked) == 101


def test_out_is_written_and_returned(whole):
    out = np.zeros_like(whole)
    assert expose(RATES, PATTERN, PARAMETERS, readout(), out=out) is out
    assert np.array_equal(out, whole)


@settings(deadline=None)
@given(
    name=st.sampled_from(sorted(FORMATS)),
    sensor_width=st.integers(1, 70),
    height=st.integers(1, 9),
    read_noise_e=st.sampled_from([0.5, 2.0]),
    threads=st.sampled_from([1, 3]),
    data=st.data(),
)
def test_every_pixel_format_is_packed_as_pack_does(
    small_tiles, name, sensor_width, height, read_noise_e, threads, data
):
    """Odd widths share bytes between rows, also where rows go to different threads."""
    fmt = FORMATS[name]
    parameters = replace(PARAMETERS, width=sensor_width, read_noise_e=read_noise_e)
    x = data.draw(st.integers(0, sensor_width - 1))
    width = data.draw(st.integers(1, sensor_width - x))
    y = data.draw(st.integers(0, 128 - height))
    r = readout(parameters, x=x, y=y, width=width, height=height, bits=fmt.bits)
    rate_e, pattern = RATES[y : y + height, x : x + width], fixed_pattern(parameters, 5)
    expected = pack(expose_reference(rate_e, pattern, parameters, r), fmt)
    assert np.array_equal(expose_payload(rate_e, pattern, parameters, r, fmt, threads), expected)


def test_a_payload_of_other_bits_is_refused():
    with pytest.raises(ValueError) as refusal:
        expose_payload(RATES, PATTERN, PARAMETERS, readout(bits=12), FORMATS["Mono10p"])
    assert str(refusal.value) == "Mono10p has 10 bits, the readout 12"


def test_a_read_only_rate_is_as_good_and_stays_as_it_was(whole):
    rate_e = RATES.copy()
    rate_e.flags.writeable = False
    assert np.array_equal(expose(rate_e, PATTERN, PARAMETERS, readout()), whole)
    assert np.array_equal(rate_e, RATES)
    assert RATES.flags.writeable


def test_a_fixed_pattern_is_read_only():
    pattern = fixed_pattern(PARAMETERS, 1)
    assert not pattern.gain.flags.writeable
    assert not pattern.offset_e.flags.writeable


@settings(max_examples=100, deadline=None)
@given(data=st.data(), width=st.integers(1, 41), height=st.integers(1, 8), shares=st.booleans())
def test_a_pattern_is_made_where_it_is_asked_for(data, width, height, shares):
    """Region after region in any order, with gaps and overlaps, and whatever was made before."""
    sensor = {"column_prnu": 0.001, "row_dsnu_e": 0.1} if shares else {}
    parameters = replace(PARAMETERS, width=width, height=height, **sensor)
    reference = fixed_pattern_reference(parameters, 3)
    maker = fast.PatternMaker(height, width, chain.response(parameters), chain.offset(parameters), 3)
    for _ in range(data.draw(st.integers(1, 4))):
        x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
        columns, rows = data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y))
        pattern, at = maker.region(x, y, columns, rows), np.s_[y : y + rows, x : x + columns]
        assert np.array_equal(pattern.gain[at], reference.gain[at])
        assert np.array_equal(pattern.offset_e[at], reference.offset_e[at])
    assert np.array_equal(maker.whole().gain, reference.gain)


def test_only_the_region_that_is_asked_for_is_made():
    maker = fast.PatternMaker(128, 256, chain.response(PARAMETERS), chain.offset(PARAMETERS), 3)
    untouched = np.full((128, 256), 7, np.float32)
    maker._parts[0].values[:] = untouched
    gain = maker.region(40, 30, 20, 10).gain
    untouched[30:40, 40:60] = gain[30:40, 40:60]
    assert np.array_equal(gain, untouched)
    assert (gain[30:40, 40:60] != 7).all()


def test_twins_of_one_seed_share_their_pattern():
    one = fast.pattern_maker(PARAMETERS, 1)
    assert fast.pattern_maker(replace(PARAMETERS, read_noise_e=3.0), 1) is one
    assert fast.pattern_maker(PARAMETERS, 2) is not one
    assert fast.pattern_maker(replace(PARAMETERS, prnu=0.1), 1) is not one


def test_one_compilation_serves_all_arrays_and_formats():
    """Another would cost the first frame seconds, or miss the cache that `warm_up` filled."""
    program = """
import numpy as np
from camtwin import tiles
from camtwin.pixels import FORMATS
from camtwin.sensor import FixedPattern, expose, expose_payload, fast, kernels
from physics.small_sensor import PARAMETERS, light, readout
fast.warm_up()
r = readout()
writable = [light(1, r), light(1, r)]
expose(light(1, r), FixedPattern(*writable), PARAMETERS, r)
expose(np.asfortranarray(light(1, r)), fast.fixed_pattern(PARAMETERS, 1), PARAMETERS, r)
for fmt in FORMATS.values():
    expose_payload(light(1, r), fast.fixed_pattern(PARAMETERS, 1), PARAMETERS, readout(bits=fmt.bits), fmt, 2)
print(len(kernels.expose_rows.signatures), len(kernels.make_pattern.signatures))
"""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    assert run(program, PYTHONPATH=path).split() == ["1", "1"]


@pytest.mark.parametrize("render", [expose, expose_reference])
def test_light_that_is_no_number_is_darkness_and_endless_light_saturates(render):
    rate_e = light(0, readout())
    rate_e[5, :5] = [np.nan, -np.inf, -1e9, np.inf, 3e38]
    dn = render(rate_e, PATTERN, PARAMETERS, readout())
    dark = render(light(0, readout()), PATTERN, PARAMETERS, readout())
    assert dn[5, 0] < 40  # NaN: not even dark current
    assert np.array_equal(dn[5, 1:3], dn[5, 1:3].clip(0, 40))
    saturated = 20 + 0.405 * (9785 + PATTERN.offset_e[5, 3:5])
    assert np.abs(dn[5, 3:5] - saturated).max() <= 0.501
    dn[5, :5] = dark[5, :5]
    assert np.array_equal(dn, dark)


def test_the_noise_is_the_one_that_recordings_were_made_with():
    """A change here changes every picture that a seed stands for."""
    dn = frames(PARAMETERS, 1000, 2, seed=2026, frame=11).astype("<u2")
    assert dn[0, 0, :6].tolist() == [422, 446, 418, 463, 432, 418]
    assert zlib.crc32(dn.tobytes()) == 0x75629C79


def test_the_same_bytes_on_another_processor(tmp_path):
    """On x86 `generic` has vectors of 128 bits and no fused multiply-add."""
    processor = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    program = """
import zlib
from dataclasses import replace
import numpy as np
from camtwin import tiles
from camtwin.pixels import FORMATS
from camtwin.sensor import expose_payload, fixed_pattern
from physics.small_sensor import PARAMETERS, readout
rate_e = np.random.default_rng(3).uniform(0, 1e4, (128, 256)).astype(np.float32)
for read_noise_e in (0.4, 2.0):
    p = replace(PARAMETERS, read_noise_e=read_noise_e)
    payload = expose_payload(rate_e, fixed_pattern(p, 1), p, readout(p), FORMATS["Mono12p"])
    print(zlib.crc32(payload))
"""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    here = run(program, PYTHONPATH=path)
    assert len(set(here.split())) == 2
    assert run(program, PYTHONPATH=path, NUMBA_CACHE_DIR=str(tmp_path), **processor) == here


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rate_e": RATES[:, 1:]}, r"rate_e's shape (128, 255) is not the readout's (128, 256)"),
        (
            {"pattern": replace(PATTERN, gain=PATTERN.gain[1:])},
            "pattern's gain shape (127, 256) is not the sensor's (128, 256)",
        ),
        (
            {"out": np.zeros((128, 512), np.uint16)[:, ::2]},
            "out is not a C-contiguous uint16 array of shape (128, 256)",
        ),
        ({"out": np.zeros((128, 256))}, "out is not a C-contiguous uint16 array of shape (128, 256)"),
        ({"threads": 0}, "threads 0 is below the minimum 1"),
    ],
)
def test_arrays_that_do_not_fit(arguments, message):
    with pytest.raises(ValueError) as refusal:
        expose(
            **{
                "rate_e": RATES,
                "pattern": PATTERN,
                "parameters": PARAMETERS,
                "readout": readout(),
                **arguments,
            }
        )
    assert str(refusal.value) == message


def test_numba_comes_with_the_first_frame_and_not_before():
    loaded = "print('numba' in sys.modules)"
    assert run(f"import sys, camtwin.sensor as s; {loaded}; s.warm_up(); {loaded}").split() == [
        "False",
        "True",
    ]
