"""A lens has the contrast, the light and the distortion that it states, measured on targets made for it."""

import numpy as np
import pytest

import camtwin
from camtwin.scene import Lens, Target, View
from camtwin.scene.chart import EDGE_DARK, EDGE_LIGHT, GREY_STEPS, STAR_CYCLES
from camtwin.scene.lens import SHARP
from camtwin.scene.optics import blur_disc
from camtwin.scene.printed import DOT_RADIUS_px, dot_places, step_patches

W, H = 640, 480
WHOLE = View(0, 0, W, H, W, H, 3.45)
LIGHT = 1e6


def seen(kind: str, lens: Lens = SHARP) -> np.ndarray:
    """Reflectance of a target behind the lens."""
    return Target(kind, LIGHT, lens=lens).photon_rate(WHOLE, 0).astype(np.float64) / LIGHT


def edge_contrast(picture: np.ndarray, frequencies: list[float]) -> list[float]:
    """Contrast of a nearly upright edge at these frequencies (cycles a pixel), as ISO 12233 measures it."""
    rows, columns = picture.shape
    steps = np.abs(np.diff(picture, axis=1))
    steps[steps < 0.05 * np.ptp(picture)] = 0  # the pixels' own differences
    place = (steps * (np.arange(columns - 1) + 0.5)).sum(axis=1) / steps.sum(axis=1)
    gradient, start = np.polyfit(np.arange(rows), place, 1)
    across = np.arange(columns) - start - gradient * np.arange(rows)[:, None]
    distance = across * np.cos(np.arctan(gradient))
    bins = np.floor(distance * 8).astype(int)
    keep = np.abs(bins) < 8 * (columns // 2 - 4)
    at = bins[keep] - bins[keep].min()
    line = np.diff(np.bincount(at, picture[keep]) / np.bincount(at))
    where = np.arange(line.size) / 8
    response = [abs(np.sum(line * np.exp(-2j * np.pi * f * where))) for f in frequencies]
    return [r / abs(line.sum()) / np.sinc(f / 8) ** 2 for r, f in zip(response, frequencies, strict=True)]


DEFOCUSED = [Lens(mtf50=0.4, defocus_px=3), Lens(mtf50=0.3, defocus_px=6.5)]
LENSES = [SHARP, Lens(mtf50=0.3), Lens(mtf50=0.15), *DEFOCUSED]


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize("side", ["left", "top"])
def test_an_edge_has_the_contrast_that_the_lens_states(lens, side):
    """Within 2 %; the pixel's window is part of it."""
    picture = seen("slanted", lens)
    x, y = W // 2 - H // 4, H // 2
    upright = picture[y - 80 : y + 80, x - 48 : x + 48]
    edge = upright if side == "left" else picture[120 - 48 : 120 + 48, 240:400].T
    assert edge.max() == pytest.approx(EDGE_LIGHT, rel=0.001)
    assert edge.min() == pytest.approx(EDGE_DARK, rel=0.001)
    frequencies = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3]
    stated = [lens.contrast(f) for f in frequencies]
    assert edge_contrast(edge, frequencies) == pytest.approx(np.abs(stated), abs=0.02)


def test_half_of_the_contrast_is_left_at_mtf50():
    for mtf50 in (0.1, 0.25, 0.5):
        assert Lens(mtf50=mtf50).contrast(mtf50) == pytest.approx(0.5 * np.sinc(mtf50))


def test_out_of_focus_a_star_turns_inside_out():
    """Between the zeros of the disc's contrast black and white change places."""
    lens = Lens(mtf50=0.5, defocus_px=10)
    picture = seen("star", lens)
    angles = np.arange(8192) / 8192 * 2 * np.pi

    def wave(radius: float) -> tuple[float, float]:
        """In phase with the star, as a share of its own contrast."""
        x, y = W / 2 - 0.5 + radius * np.cos(angles), H / 2 - 0.5 + radius * np.sin(angles)
        ring = picture[np.rint(y).astype(int), np.rint(x).astype(int)]
        sharp = seen("star")[np.rint(y).astype(int), np.rint(x).astype(int)]
        a, b = np.fft.rfft(ring)[STAR_CYCLES], np.fft.rfft(sharp)[STAR_CYCLES]
        frequency = STAR_CYCLES / (2 * np.pi * radius)
        return float((a / b).real) * SHARP.contrast(frequency), lens.contrast(frequency)

    for radius in (60, 75, 120, 180):
        measured, stated = wave(radius)
        assert measured == pytest.approx(stated, abs=0.02)
    assert wave(70)[0] < -0.05


def test_corners_are_darker_by_the_vignetting_and_all_by_the_transmission():
    lens = Lens(transmission=0.8, vignetting=0.3)
    for grey, patch in step_patches(W, H):
        column = patch.x + patch.width // 2
        shown = seen("steps", lens)[:, column]
        x, y = column + 0.5 - W / 2, np.arange(H) + 0.5 - H / 2
        r2 = (x**2 + y**2) / ((W / 2) ** 2 + (H / 2) ** 2)
        assert shown == pytest.approx(grey * 0.8 * (1 - 0.3 * r2), abs=2e-5)


@pytest.mark.parametrize("distortion", [0.15, -0.1])
def test_dots_stand_where_the_distortion_puts_them(distortion):
    picture = 0.9 - seen("dots", Lens(distortion=distortion))
    half = np.array([W / 2, H / 2])
    found = 0
    for place in dot_places(W, H):
        true = np.array(place) - half
        at = true.copy()
        for _ in range(60):  # the lens says what is seen from each place; here the other way round
            at = true / (1 + distortion * (at @ at) / (half @ half))
        x, y = np.rint(at + half - 0.5).astype(int)
        reach = DOT_RADIUS_px + 6
        if not (reach <= x < W - reach and reach <= y < H - reach):
            continue
        dot = picture[y - reach : y + reach + 1, x - reach : x + reach + 1]
        grid = np.arange(-reach, reach + 1)
        middle = np.array([(dot * grid).sum(), (dot * grid[:, None]).sum()]) / dot.sum() + (x, y) + 0.5 - half
        assert middle == pytest.approx(at, abs=0.25)  # the middle of a bent disc is not where its centre goes
        found += 1
    assert found > 40


def test_steps_are_the_greys_they_claim():
    picture = seen("steps")
    patches = step_patches(W, H)
    assert [grey for grey, _ in patches] == list(GREY_STEPS)
    assert sum(patch.width for _, patch in patches) == W
    for grey, patch in patches:
        inside = picture[:, patch.x + 4 : patch.x + patch.width - 4]
        assert inside == pytest.approx(np.full(inside.shape, grey), abs=2e-5)


def test_a_disc_of_blur_has_its_size():
    disc = blur_disc(5.0)
    along = np.arange(disc.shape[0]) - disc.shape[0] // 2
    assert disc.sum() == pytest.approx(1)
    assert (disc * along**2).sum() == pytest.approx(25 / 4, rel=0.02)  # second moment of a disc: r^2 / 4


def test_the_camera_shows_the_edge_as_the_lens_leaves_it():
    scene = Target("slanted", 3e6, lens=Lens(mtf50=0.2))
    cam = camtwin.open("baumer-vcxg-124m", scene=scene, link_speed=None)
    cam.PixelFormat, cam.ExposureTime = "Mono12", 5000.0
    cam.Width, cam.Height = 96, 160
    cam.OffsetX, cam.OffsetY = 4096 // 2 - 400 - 48, 1500 - 80  # the square has a side of 800
    edge = np.mean([f.picture for f in cam.grab(100)], axis=0)
    frequencies = [0.05, 0.1, 0.2]
    stated = [Lens(mtf50=0.2).contrast(f) for f in frequencies]
    assert edge_contrast(edge, frequencies) == pytest.approx(stated, abs=0.02)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Lens(mtf50=0), "mtf50 0 is outside 0.01..0.6"),
        (lambda: Lens(defocus_px=100), "defocus_px 100 is outside 0..32"),
        (lambda: Lens(transmission=1.5), "transmission 1.5 is outside 0..1"),
        (lambda: Lens(vignetting=-1), "vignetting -1 is outside 0..1"),
        (lambda: Lens(distortion=float("nan")), "distortion nan is outside -0.2..0.5"),
        (lambda: Target("cat"), "target 'cat' is none of slanted, star, dots, steps, codes, board"),
    ],
)
def test_what_no_lens_can_be_is_refused(make, message):
    with pytest.raises(ValueError) as error:
        make()
    assert str(error.value) == message
