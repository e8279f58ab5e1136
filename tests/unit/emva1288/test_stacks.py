"""Moments of images, taken one by one."""

import tracemalloc

import numpy as np
import pytest

from camtwin.emva1288.stacks import Pairs, Stack, Step, average, pair_variance_DN2, points


def image(*rows, dtype=np.uint16):
    return np.array(rows, dtype)


RNG = np.random.default_rng(5)
IMAGES = RNG.integers(0, 4096, (7, 600, 16)).astype(np.uint16)  # more rows than a block has


def test_variance_of_a_pair_by_hand():
    # differences -1 0 1 -2: mean of squares 1.5, square of the mean 0.25
    assert pair_variance_DN2(image([0, 2], [4, 6]), image([1, 2], [3, 8])) == (1.5 - 0.25) / 2


def test_light_that_changes_within_a_pair_is_no_temporal_noise():
    assert pair_variance_DN2(image([10, 20]), image([15, 25])) == 0


def test_a_step_of_pairs():
    a = IMAGES.astype(float)
    (point,) = points([Step(3.0, 0.5, IMAGES)])
    differences = [a[0] - a[1], a[2] - a[3], a[4] - a[5]]
    assert (point.mu_p, point.exposure_s, point.clipped_share) == (3.0, 0.5, None)
    assert point.mu_y_DN == pytest.approx(a.mean(), rel=1e-12)
    assert point.var_y_DN2 == pytest.approx(np.mean([d.var() / 2 for d in differences]), rel=1e-12)


def test_pixels_at_the_highest_code_are_counted():
    (point,) = points([Step(0, 1, [image([4095, 4094]), image([0, 4095])])], 4095)
    assert point.clipped_share == 0.5


def test_a_stack_has_the_mean_and_the_variance_of_each_pixel():
    a = IMAGES.astype(float)
    found = average(iter(IMAGES))
    assert found.images == 7
    assert np.allclose(found.mean_DN, a.mean(0), rtol=1e-14)
    assert found.var_y_DN2 == pytest.approx(a.var(0, ddof=1).mean(), rel=1e-10)


def test_a_small_variance_on_a_bright_image():
    a = (60_000 + RNG.integers(0, 2, (50, 64, 64))).astype(np.uint16)
    assert average(a).var_y_DN2 == pytest.approx(a.astype(float).var(0, ddof=1).mean(), rel=1e-6)


def test_whoever_gives_the_images_may_use_the_same_memory_again():
    def reused():
        memory = np.empty_like(IMAGES[0])
        for i in IMAGES:
            memory[:] = i
            yield memory

    assert points([Step(0, 1, reused())]) == points([Step(0, 1, IMAGES)])
    assert np.array_equal(average(reused()).mean_DN, average(IMAGES).mean_DN)


@pytest.mark.parametrize("take", [lambda images: points([Step(0, 1, images)]), average])
def test_hundred_images_need_the_memory_of_a_few(take):
    first = RNG.integers(0, 4096, (6000, 128)).astype(np.uint16)
    take([first, first])
    tracemalloc.start()
    take(first + np.uint16(i) for i in range(100))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * first.nbytes  # of which a sum of 32 bits is 2, a mean of 64 bits 4


@pytest.mark.parametrize("taker", [Pairs, Stack])
def test_images_that_are_none(taker):
    for wrong, message in (
        (np.zeros((2, 2)), "an image holds float64"),
        (np.zeros((2, 2), np.int32), "an image holds int32"),
        (np.zeros((2, 2, 3), np.uint8), r"an image has the shape \(2, 2, 3\), allowed is \(H, W\)"),
        (np.zeros((0, 2), np.uint8), r"an image has the shape \(0, 2\)"),
    ):
        with pytest.raises(ValueError, match=message):
            taker().add(wrong)
    some = taker()
    some.add(image([1, 2]))
    with pytest.raises(ValueError, match=r"the shape \(1, 3\), those before it \(1, 2\)"):
        some.add(image([1, 2, 3]))


def test_one_image_has_no_variance():
    with pytest.raises(ValueError, match="a step of 1 images is below the minimum 2"):
        points([Step(0, 1, IMAGES[:1])])
    with pytest.raises(ValueError, match="a stack of 1 images is below the minimum 2"):
        average(IMAGES[:1])


def test_a_stack_ends_before_its_sums_overflow(monkeypatch):
    monkeypatch.setattr("camtwin.emva1288.stacks.MAX_IMAGES", 2)
    with pytest.raises(ValueError, match="a stack of 3 images is above the maximum 2"):
        average(IMAGES)
