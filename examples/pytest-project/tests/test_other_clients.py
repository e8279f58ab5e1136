"""The same station on GStreamer on the network, on Harvesters by GenTL, on OpenCV on a video device."""

import pytest
from inspector import station

SMALL = ("Width=256", "Height=128", "ExposureTime=1000")
camera = pytest.mark.camtwin("baumer-vcxg-124m", scene="dark", set=SMALL)


def on_harvesters(twin, *words):
    return station(*words, client="harvesters", run=twin.run)


@camera
def test_a_pipeline_has_images_of_the_parameters(gige_twin):
    features = ("Width=320", "Height=240", "Gain=6")
    assert station("grab", gige_twin.address, 3, *features, client="gstreamer") == [320 * 240] * 3
    assert gige_twin.ask(lambda cam: cam.Gain) == 6


@camera
def test_harvesters_finds_the_camera_and_its_parameters_reach_it(gentl_twin):
    assert gentl_twin.serial in {each["serial"] for each in on_harvesters(gentl_twin, "find")}
    on_harvesters(gentl_twin, "set", gentl_twin.serial, "Gain=6", "ExposureTime=2500")
    assert gentl_twin.seen.writes == [("Gain", 6.0), ("ExposureTime", 2500.0)]


@camera
def test_harvesters_gives_one_image_for_each_trigger_with_its_chunk_data(gentl_twin):
    modes = ("TriggerMode=On", "TriggerSource=Software")
    chunks = ("ChunkModeActive=true", "ChunkSelector=ExposureTime", "ChunkEnable=true")
    gentl_twin.inject("write", at_frame=2, features=["ExposureTime=2000"])
    frames = on_harvesters(gentl_twin, "grab", gentl_twin.serial, 4, *modes, *chunks, "--trigger")
    assert [frame["exposure_us"] for frame in frames] == [1000, 1000, 2000, 2000]
    assert len(gentl_twin.seen.triggers) == 4


@pytest.mark.camtwin("framos-fsm-imx412", scene="flat:2e6", convert=True, still=True, pace=float("inf"))
def test_opencv_sees_twice_the_light_at_twice_the_exposure(v4l2_twin):
    short, long = (
        station("grab", v4l2_twin.path, 6, exposure, client="opencv", run=v4l2_twin.run)[-1]
        for exposure in (20, 40)
    )
    black = v4l2_twin.ask(lambda _: v4l2_twin.driver.get(v4l2_twin.driver.control("black_level").id)) / 4
    assert (long - black) / (short - black) == pytest.approx(2, rel=0.05)
    assert ("exposure_absolute", 40) in v4l2_twin.seen.writes
