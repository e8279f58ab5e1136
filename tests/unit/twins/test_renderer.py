"""The payload is the image, packed, however it was written."""

import numpy as np
import pytest

import camtwin
from camtwin.pixels import pack


@pytest.mark.parametrize("pattern", ["Off", "GreyDiagonalRamp"])
@pytest.mark.parametrize("name", ["Mono8", "Mono10", "Mono12", "Mono12p"])
def test_the_payload_is_the_image_packed(name, pattern):
    with camtwin.open("baumer-vcxg-124m", seed=3) as cam:
        for setting in ("Width=64", "Height=32", f"PixelFormat={name}", f"TestPattern={pattern}"):
            cam.set(setting)
        renderer, seen = cam.twin.renderer, []
        (frame,) = cam.grab(1)
        print(frame)
