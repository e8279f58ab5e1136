"""The truth beside an image: pixels are around it as far as noise takes them, places are where it says."""

from dataclasses import replace

import numpy as np
import pytest

import camtwin
from camtwin.scene import Pan, Target
from camtwin.sensor.chain import frame_constants
from camtwin.sensor.flaws import Flaws
from camtwin.twins.render.truth import Truth

FRAMES, SIDE = 400, 100
QUANTUM = 1 / 12


def opened(seed: int, **options) -> camtwin.Session:
    cam = camtwin.open("baumer-vcxg-124m", seed=seed, **options)
    cam.PixelFormat, cam.Width, cam.Height = "Mono12", SIDE + 28, SIDE
    cam.OffsetX, cam.OffsetY = 32 * (seed * 37 % 100), 8 * (seed * 53 % 300)
    return cam


def z_of(cam: camtwin.Session, truth: Truth, mean_DN: np.ndarray, wrong: float = 1.0) -> np.ndarray:
    """Return how far the mean of FRAMES images is from the truth, in standard errors of a pixel's mean."""
    p, renderer = cam.twin.sheet.parameters.converting(12), cam.twin.renderer
    exposures = []
    leave = cam.twin.camera.on_exposure.subscribe(exposures.append)
    cam.grab()
    leave()
    demands = renderer._demands(exposures[0])
    c = frame_constants(p, renderer._readout(exposures[0], demands, demands.window))
    electrons = truth.electrons * wrong
    expected_DN = (electrons + truth.offset_e) * c.gain_DN_per_e + c.offset_DN
    variance = c.gain_DN_per_e**2 * (electrons + c.read_variance_e2 + p.row_noise_e**2) + QUANTUM
    return ((mean_DN - expected_DN) / np.sqrt(variance / FRAMES))[:, :SIDE]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ten_thousand_pixels_are_around_their_truth(seed):
    """Light is 60 to 600 e-; a truth that is off by 1 % is far outside."""
    cam = opened(seed, scene="steps" if seed == 1 else "flat:3e5")
    cam.ExposureTime = 1000
    total, (frame,) = np.zeros((SIDE, SIDE + 28)), cam.grab()
    for each in cam.frames(FRAMES):
        total += each.picture
    assert frame.truth.electrons.min() > 50
    z = z_of(cam, frame.truth, total / FRAMES)
    assert z.size == 10_000
    assert np.abs(z).max() < 6
    assert abs(z.std() - 1) < 0.03
    assert abs(z.mean()) < 0.04
    off = z_of(cam, frame.truth, total / FRAMES, wrong=1.01)
    assert abs(off.mean()) > 0.04


def test_flaws_are_where_the_mask_says():
    cam = opened(5, scene="dark")
    x, y = cam.OffsetX, cam.OffsetY
    hot = {(x + 3, y + 4): 5e5, (x + 60, y + 70): 5e5, (0, 0): 1e5}
    cam.world.flaws = Flaws(hot=hot, columns={x + 9: 200.0})
    cam.ExposureTime = 10_000
    (frame,) = cam.grab()
    dark_DN = np.median(frame.picture)
    assert np.array_equal(frame.truth.defects, frame.picture > dark_DN + 50)
    assert frame.truth.defects.sum() == 2 + SIDE
    cam.world.flaws = Flaws(dead=frozenset({(x + 1, y + 2)}))
    cam.world.scene = "flat"
    (frame,) = cam.grab()
    assert np.argwhere(frame.truth.defects).tolist() == [[2, 1]]
    assert frame.truth.photons[2, 1] > 1000
    assert frame.truth.electrons[2, 1] == pytest.approx(frame.truth.electrons.min(), abs=1)


@pytest.mark.parametrize("reverse", [False, True])
def test_photons_and_rows(reverse):
    """Efficiency and response are between light and charge; a global shutter exposes all rows at once."""
    cam = camtwin.open("baumer-vcxg-124m", scene="flat:1e6@536", seed=4)
    cam.Width, cam.Height, cam.ReverseY, cam.ExposureTime = 64, 32, reverse, 2000
    (frame,) = cam.grab()
    truth = frame.truth
    assert np.allclose(truth.photons, 2000, rtol=1e-4)
    efficiency = cam.twin.sheet.parameters.quantum_efficiency(536, "")
    assert np.allclose(truth.electrons, truth.photons * efficiency * truth.gain, rtol=1e-3)
    assert truth.rows_ns.shape == (32, 2)
    assert (np.diff(truth.rows_ns, axis=1) == 2_000_000).all()


@pytest.mark.parametrize("motion", ["", "pan:1000@0:", "spin:2:"])
def test_codes_are_where_they_are_found(motion):
    """OpenCV reads the texts, and finds the corners within three pixels, one on average."""
    import cv2

    cam = camtwin.open("baumer-vcxg-124m", scene=f"{motion}codes", seed=2)
    cam.Width, cam.Height, cam.OffsetY, cam.ExposureTime = 1024, 640, 1180, 300
    cam.advance(50_000_000)
    (frame,) = cam.grab()
    codes = {code.text: code for code in frame.truth.codes}
    dark, bright = frame.picture.min(), frame.picture.max()
    image = ((frame.picture - dark) * (255.0 / (bright - dark))).astype(np.uint8)
    _, texts, corners, _ = cv2.QRCodeDetector().detectAndDecodeMulti(image)
    read = {text: found for text, found in zip(texts, corners, strict=True) if text}
    assert {f"camtwin {n} px" for n in (6, 8, 12)} <= read.keys() <= codes.keys()
    for text, found in read.items():
        away_px = np.abs(found - codes[text].corners)
        assert away_px.mean() < 1, text
        assert away_px.max() < 3, text
        left, top, right, bottom = codes[text].box
        mask = codes[text].mask(640, 1024)
        assert mask.sum() == pytest.approx((right - left) * (bottom - top), rel=0.2)


def test_a_truth_is_made_anew_and_stays_the_same():
    cam = camtwin.open("baumer-vcxg-124m", scene=Pan(Target("codes"), 500), render=False)
    cam.Width, cam.Height = 256, 128
    first, second = cam.grab(2)
    before = first.truth.arrays()
    cam.world.scene = "dark"
    cam.grab()
    after = first.truth.arrays()
    assert before.keys() == after.keys() >= {"electrons", "photons", "rows_ns", "code_texts"}
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert not np.array_equal(second.truth.rows_ns, first.truth.rows_ns)
    with pytest.raises(camtwin.Problem, match="no twin is known"):
        _ = replace(first, look=None).truth
