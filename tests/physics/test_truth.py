"""The truth beside an image: pixels are around it as far as noise takes them, places are where it says."""

from dataclasses import replace

import numpy as np
import pytest

import camtwin
from camtwin.emva1288.spectra import defects
from camtwin.emva1288.stacks import average
from camtwin.scene import Lens, Pan, Spin, Target
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


def test_defects_are_those_that_the_laboratory_finds():
    """EMVA 1288's averaged images in the dark and in light: of any kind of flaw each pixel, and no other."""
    cam = opened(6, scene="dark")
    x, y = cam.OffsetX, cam.OffsetY
    hot = {(x + column, y + row): 2e4 for column, row in ((3, 4), (60, 70), (127, 99), (61, 70))}
    dead = {(x + column, y + row) for column, row in ((0, 0), (40, 41), (80, 99))}
    cam.world.flaws = Flaws(hot=hot, dead=frozenset(dead), columns={x + 9: 40.0, x + 100: -12.0})
    cam.ExposureTime = 5_000
    dark = average(frame.picture for frame in cam.frames(32))
    cam.world.scene = "flat:6e5"
    *light, last = cam.frames(32)
    half = average(frame.picture for frame in (*light, last))
    found = defects(dark, half)
    assert np.array_equal(found, last.truth.defects), np.argwhere(found != last.truth.defects)
    assert found.sum() == len(hot) + len(dead) + 2 * SIDE
    cam.world.flaws = Flaws()
    assert not cam.grab()[0].truth.defects.any()


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


CODES = {
    "still": "codes",
    "panned": "pan:1000@0:codes",
    "turned": "spin:2:codes",
    "through a lens": Target("codes", lens=Lens(distortion=0.05)),
}


@pytest.mark.parametrize("name", CODES)
def test_codes_are_where_they_are_found(name):
    """OpenCV reads the texts, and finds the corners within three pixels, one on average."""
    import cv2

    cam = camtwin.open("baumer-vcxg-124m", scene=CODES[name], seed=2)
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


def bright(frame) -> np.ndarray:
    """Return a frame as 8 bits, black to white."""
    dark, light = np.percentile(frame.picture, (1, 99))
    return np.clip((frame.picture - dark) * (255 / (light - dark)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("distortion", "reverse"), [(0.0, False), (0.05, True), (-0.03, False)])
def test_corners_of_a_board_are_where_they_are_found(distortion, reverse):
    """OpenCV finds them, and sees a regular grid through the camera matrix and the distortion."""
    import cv2

    cam = camtwin.open("baumer-vcxg-124m", scene=Target("board", lens=Lens(distortion=distortion)), seed=2)
    cam.ReverseX, cam.ExposureTime = reverse, 2000
    (frame,) = cam.grab()
    board = frame.truth.board
    assert board
    rows, columns = board.corners.shape[:2]
    assert (rows, columns) == (7, 10)
    flat = board.corners.reshape(-1, 2).astype(np.float32)[:, None]
    around = cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 1e-4
    found = cv2.cornerSubPix(bright(frame), flat.copy() + 3, (12, 12), (-1, -1), around)
    away_px = np.linalg.norm(found - flat, axis=-1)
    assert away_px.max() < 0.1
    assert np.abs((found - flat).mean(axis=0)).max() < 0.02
    seen = cv2.undistortPoints(flat, board.camera_matrix, board.distortion, P=board.camera_matrix)
    grid = seen.reshape(rows, columns, 2)
    pitch_px = -300 if reverse else 300
    assert np.allclose(np.diff(grid, axis=1), (pitch_px, 0), atol=0.1)
    assert np.allclose(np.diff(grid, axis=0), (0, 300), atol=0.1)


@pytest.mark.parametrize("distortion", [0.0, 0.05])
def test_a_board_is_found_as_a_whole(distortion):
    """OpenCV looks for a board of this many corners without a hint, in an image of a fourth of the size."""
    import cv2

    cam = camtwin.open("baumer-vcxg-124m", scene=Target("board", lens=Lens(distortion=distortion)), seed=3)
    cam.ExposureTime = 2000
    (frame,) = cam.grab()
    small = cv2.resize(bright(frame), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    there, found = cv2.findChessboardCorners(small, (10, 7))
    assert there
    places = 4 * found.reshape(-1, 2) + 1.5
    assert frame.truth.board
    truth = frame.truth.board.corners.reshape(-1, 2)
    away_px = min(np.abs(order - truth).max() for order in (places, places[::-1]))
    assert away_px < 3


MOVING = {
    "panned": Pan(Target("slanted"), 2000, 30),
    "turned": Spin(Target("slanted"), 30),
    "through a lens": Target("slanted", lens=Lens(distortion=0.1)),
    "dots": Pan(Target("dots"), 3000, 200),
    "around the edge": Pan(Target("slanted"), 3000, 180),
}


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("name", MOVING)
def test_masks_of_moving_targets_are_what_is_dark(name, reverse):
    """Masks cover the ink, to a pixel along its edge, and nothing else; boxes end where the ink does."""
    import cv2

    cam = camtwin.open("baumer-vcxg-124m", scene=MOVING[name], seed=2)
    cam.Width, cam.Height, cam.OffsetY = 2048, 1200, 900
    cam.OffsetX = 0 if name == "around the edge" else 1024
    cam.ReverseX, cam.ExposureTime = reverse, 500
    cam.advance((650 if name == "around the edge" else 150) * 1_000_000)
    (frame,) = cam.grab()
    truth, dark = frame.truth, bright(frame) < 128
    assert truth.targets
    labels = truth.arrays()["target_labels"]
    edge = cv2.morphologyEx((labels > 0).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) > 0
    assert not ((labels > 0) != dark)[~edge].any()
    assert (labels > 0).sum() > 50_000
    height, width = dark.shape
    for number, each in enumerate(truth.targets, 1):
        left, top, right, bottom = each.box
        if min(left, top) > 2 and right < width - 2 and bottom < height - 2:
            part = dark[int(top) - 2 : int(bottom) + 3, int(left) - 2 : int(right) + 3]
            y, x = np.nonzero(part)
            ends = left % 1 + 2, top % 1 + 2, right - int(left) + 2, bottom - int(top) + 2
            assert np.allclose((x.min(), y.min(), x.max(), y.max()), ends, atol=2), (number, each.box)


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
