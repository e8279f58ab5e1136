"""The payload is the image, packed, however it was written."""

import doctest
import tracemalloc

import pytest

import camtwin
from camtwin.pixels import unpack
from camtwin.twins.render import geometry
from compare import assert_same_bytes


@pytest.mark.parametrize("binning", [1, 2])
@pytest.mark.parametrize("pattern", ["Off", "GreyDiagonalRamp"])
@pytest.mark.parametrize("name", ["Mono8", "Mono10", "Mono12", "Mono12p"])
def test_the_payload_is_the_image_packed(name, pattern, binning):
    with camtwin.open("baumer-vcxg-124m", seed=3) as cam:
        cam.BinningHorizontal = cam.BinningVertical = binning
        cam.Width, cam.Height, cam.PixelFormat, cam.TestPattern = 64, 32, name, pattern
        exposures = []
        cam.twin.camera.on_exposure.subscribe(exposures.append)
        cam.grab(1)
        renderer, exposure = cam.twin.renderer, exposures[0]
        image = renderer.image(exposure)
        payload = renderer.payload(exposure)
        assert image.std() > 0
        assert_same_bytes(unpack(payload, exposure.pixel_format, 64, 32).tobytes(), image.tobytes())


def test_light_of_a_region_is_cut_out_once():
    """Not for every frame: a region narrower than the sensor costs no more memory than its payload."""
    with camtwin.open("baumer-vcxg-124m", seed=3) as cam:
        cam.twin.prepare()  # the scene on the whole sensor
        cam.Width, cam.Height, cam.OffsetX = 1024, 512, 32
        exposures = []
        cam.twin.camera.on_exposure.subscribe(exposures.append)
        cam.grab(1)
        renderer = cam.twin.renderer
        before = renderer.payload(exposures[0])
        tracemalloc.start()
        assert_same_bytes(renderer.payload(exposures[0]).tobytes(), before.tobytes())
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 4 * 1024 * 512  # float32


def test_a_small_frame_is_the_same_before_the_whole_sensor_is_known():
    """It does not wait for the fixed pattern of twelve megapixels, whose part it has."""
    with camtwin.open("baumer-vcxg-124m", seed=3, scene="flat") as cam:
        cam.Width, cam.Height, cam.OffsetX, cam.OffsetY, cam.PixelFormat = 64, 32, 1024, 512, "Mono12"
        exposures = []
        cam.twin.camera.on_exposure.subscribe(exposures.append)
        (frame,) = cam.grab()
        renderer = cam.twin.renderer
        renderer.prepare()
        assert_same_bytes(renderer.image(exposures[0]).tobytes(), frame.picture.tobytes())


def test_examples():
    results = doctest.testmod(geometry)
    assert (results.attempted, results.failed) == (1, 0)
