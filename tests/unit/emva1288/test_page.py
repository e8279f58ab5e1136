"""The laboratory's page and its plots: well-formed, complete, the same bytes, and what they draw is true."""

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pytest

from camtwin.emva1288 import page
from camtwin.emva1288.console import print_results
from camtwin.emva1288.errors import Value
from camtwin.emva1288.results import QUANTITIES, results
from camtwin.emva1288.shots import Shot, Subject, reduced
from camtwin.emva1288.spectra import histogram, spectrogram, without_shading
from camtwin.models import load
from camtwin.report.terminal import plain_console
from camtwin.verify.comparison import compare
from unit.emva1288.synthetic import Camera, EXPOSURE_s, Truth

RNG = np.random.default_rng(12)


def found(title="a <b> & c"):
    camera = Camera(Truth(dark=20.0), 1)
    photons = camera.photons()[::4].tolist()
    shots = [
        Shot("light", 0.0, EXPOSURE_s, camera.shoot(0, 4)),
        *(Shot("light", p, EXPOSURE_s, camera.shoot(p), 536.0) for p in photons),
        Shot("stack", 0.0, EXPOSURE_s, camera.shoot(0, 8)),
        Shot("stack", photons[7], EXPOSURE_s, camera.shoot(photons[7], 8), 536.0),
        Shot("spectrum", photons[5], EXPOSURE_s, camera.shoot(photons[5]), 450.0),
        *(Shot("dark current", 0.0, t, camera.shoot(0, 2, t), temperature_C=c) for c in (20.0, 30.0, 40.0)
          for t in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)),
    ]  # fmt: skip
    subject = Subject(title, 12, photons_error=0.03, conditions={"lamp": "<script>"})
    return results(subject, reduced(subject, shots))


class Tags(HTMLParser):
    """Refuses what is not closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.titles, self.svg = [], [], 0

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br", "rect", "path"):
            self.open.append(tag)
        self.svg += tag == "svg"

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def sheet_of(one):
    return compare(load("baumer-vcxg-124m"), one)


def test_the_page_is_whole_and_the_same_every_time():
    one = found()
    html = page.html(one, sheet_of(one), "0")
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    assert tags.svg == 17
    assert "a &lt;b&gt; &amp; c" in html
    assert "<script>" not in html
    assert html == page.html(found(), sheet_of(found()), "0")
    assert "light known to</dt><dd>3.0%" in html
    for quantity in QUANTITIES.values():
        assert quantity.name in html
    for svg in re.findall(r"<svg.*?</svg>", html, re.S):
        ET.fromstring(svg)
    assert not re.search(r"\b(nan|inf)\b", html)


def test_what_is_missing_is_left_out():
    camera = Camera(Truth(), 1)
    shots = [Shot("light", 0.0, EXPOSURE_s, camera.shoot(0, 4))]
    shots += [Shot("light", p, EXPOSURE_s, camera.shoot(p)) for p in camera.photons()[::4].tolist()]
    one = results(Subject("x", 12), reduced(Subject("x", 12), shots))
    html = page.html(one, None, "0")
    assert html.count("<svg") == 5
    assert html.count("Not measured: ") == len(one.channels[0].missing) == 3
    assert "Data sheet" not in html
    print_results(plain_console(), one, None)


def test_light_that_is_not_well_known_counts_in_what_is_counted_in_photons():
    figures = found().channels[0].figures
    for name in ("eta", "R", "mu_p_sat", "mu_p_min"):
        assert figures[name].relative > 0.03, name
    for name in ("K", "sigma_d", "mu_e_sat", "mu_e_min", "PRNU"):
        assert figures[name].relative < 0.02, name


def test_noise_of_one_size_has_that_amplitude_everywhere_and_stripes_stand_out():
    noise = RNG.normal(0, 2.0, (256, 128))
    level = spectrogram(noise)
    # A power is the mean of 256 squares of complex numbers, so it has a standard error of 1/16.
    assert np.abs(level.amplitude[1:-1] ** 2 / 4 - 1).max() < 5 / 16
    assert np.mean(level.amplitude[1:-1] ** 2) == pytest.approx(4, rel=5 / 128)
    stripes = 3 * np.cos(2 * np.pi * 0.125 * np.arange(128))
    striped = spectrogram(noise + stripes)
    assert striped.cycles_per_pixel[striped.amplitude.argmax()] == 0.125
    # A cosine of amplitude a puts a^2 W / 4 into each of its two frequencies.
    assert striped.amplitude.max() ** 2 == pytest.approx(9 * 128 / 4 + 4, rel=0.05)
    along = spectrogram((noise + stripes).T).amplitude  # the mean of each line: frequency 0 alone
    assert along[0] > 10 * along[1:].max()


def test_histograms_count_every_pixel_once():
    image = np.rint(RNG.normal(100, 3, (200, 300)) * 8) / 8  # an average of eight
    image[3, 4] = 130
    for h in (histogram(image), histogram(image, 1 / 8)):
        assert h.pixels.sum() == image.size
        assert h.share[0] == 1
        assert h.share[-1] == 1 / image.size  # the defect alone
        assert h.beyond[-1] == pytest.approx(30, abs=0.3)
        assert h.normal.sum() == pytest.approx(image.size, rel=0.01)
    assert (histogram(image, 1 / 8).pixels[40:70] > 0).all()  # no bin without values: no comb


def test_shading_is_taken_off_and_defects_stay():
    y, x = np.mgrid[0:60, 0:80]
    image = 100 + 0.3 * x - 0.2 * y
    image[20, 30] += 25
    flat = without_shading(image)
    assert flat.shape == (56, 76)
    assert flat[18, 28] == pytest.approx(24)  # less a twenty-fifth of itself
    assert np.abs(np.delete(flat.ravel(), np.flatnonzero(np.abs(flat) > 0.5))).max() < 1e-9


def test_values_know_their_relative_error():
    assert Value(-4.0, 1.0).relative == 0.25
    assert Value(4.0, 0.3).also(0.1) == (4.0, pytest.approx(0.5))
