"""Previews in colour."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import camtwin
from camtwin.hosts.calibration import of_model
from camtwin.studio.picture import Shown, coloured, electrons_of, shrunk


@pytest.mark.parametrize(("nm", "strongest"), [(620, "red"), (530, "green"), (460, "blue")])
def test_a_mosaic_is_shown_in_the_colour_of_its_light(nm: int, strongest: str):
    with camtwin.open("ids-imx412", scene=f"flat:2e6@{nm}") as cam:
        cam.Width, cam.Height = 360, 240
        exposures = []
        cam.twin.camera.transmitter.on_delivery.subscribe(
            lambda transfer: exposures.append(transfer.exposure)
        )
        cam.grab()
        shown = Shown(exposures[0], cam.twin.image(exposures[0]), electrons_of(cam, exposures[0]), 0)
    data, _, width, height = coloured(shown, of_model("ids-imx412"))
    colours = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert colours is not None
    blue, green, red = colours.reshape(-1, 3).mean(0)
    means = {"red": red, "green": green, "blue": blue}
    assert max(means, key=means.__getitem__) == strongest
    assert (width, height) == (360, 240)


def test_a_mosaic_stays_one_when_it_is_shrunk():
    image = np.zeros((120, 160), np.uint16)
    image[::2, ::2], image[1::2, 1::2], image[::2, 1::2] = 100, 300, 200
    small = shrunk(image, 40, 30)
    assert small.shape == (30, 40)
    assert set(np.unique(small[::2, ::2])) == {100}
    assert set(np.unique(small[1::2, 1::2])) == {300}
    assert set(np.unique(small[1::2, ::2])) == {0}
