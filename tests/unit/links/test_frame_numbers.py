"""One count of frames on every link: a host finds the image that an event belongs to, by the block id."""

import pytest

import camtwin
from camtwin.units import MS, SEC
from unit.links.attached import MODELS, attached

FIRST = {"baumer-vcxg-124m": 1, "basler-aca4112-20um": 0, "ids-imx412": 0}


def tells(cam):
    return cam.has("EventSelector") and "ExposureEnd" in cam.entries("EventSelector")


def streaming(model, **settings):
    """Return a camera, and a host that receives its images and its ExposureEnd events."""
    cam = camtwin.open(model, render=False, link_speed="sheet")
    for name, value in {"Height": 64, **settings}.items():
        setattr(cam, name, value)
    host = attached(cam)
    if tells(cam):
        cam.EventSelector, cam.EventNotification = "ExposureEnd", "On"
    host.stay()
    host.listen()
    host.stream()
    return cam, host


def acquire(cam, frames):
    cam.TriggerSource, cam.TriggerMode = "Software", "On"
    cam.AcquisitionStart()
    for _ in range(frames):
        cam.advance(200 * MS)
        cam.TriggerSoftware()
    cam.advance(SEC)
    cam.AcquisitionStop()
    cam.advance(SEC)


@pytest.mark.parametrize("model", MODELS[:2])
def test_events_have_the_block_ids_of_their_images_in_every_acquisition(model):
    cam, host = streaming(model)
    first = FIRST[model]
    acquire(cam, 4)
    assert host.blocks() == host.told() == [first, first + 1, first + 2, first + 3]
    acquire(cam, 2)
    assert host.blocks() == host.told()
    # USB3 Vision counts each acquisition from 0, GigE Vision goes on while the channel is open
    assert host.blocks()[4:] == ([5, 6] if first else [0, 1])


@pytest.mark.parametrize("model", MODELS)
def test_each_stream_counts_anew(model):
    cam, host = streaming(model)
    acquire(cam, 3)
    host.stop()
    acquire(cam, 2)  # for nobody
    host.stream()
    acquire(cam, 2)
    first = FIRST[model]
    assert host.blocks() == [first, first + 1, first + 2, first, first + 1]


@pytest.mark.parametrize("model", MODELS)
def test_frames_that_the_camera_skips_leave_a_gap(model):
    cam, host = streaming(model, Height=3000, TriggerSource="Software", TriggerMode="On")
    cam.AcquisitionStart()
    cam.world.stall_link()
    for _ in range(6):
        cam.TriggerSoftware()
        cam.advance(400 * MS)
    cam.world.resume_link()
    cam.advance(2 * SEC)
    kept = host.received() and len(host.blocks())
    cam.TriggerSoftware()
    cam.advance(2 * SEC)
    first = FIRST[model]
    assert 0 < kept < 6
    assert host.blocks() == [*range(first, first + kept), first + 6]
    if tells(cam):
        assert host.told() == [*range(first, first + 7)]


@pytest.mark.parametrize("model", MODELS)
def test_a_frame_under_way_is_the_first_of_a_stream_that_opens_now(model):
    cam, host = streaming(model, ExposureTime=100_000)
    host.stop()
    cam.AcquisitionStart()
    cam.advance(550 * MS)  # in the middle of a later exposure
    host.stream()
    cam.advance(SEC)
    first, blocks = FIRST[model], host.blocks()
    assert blocks == [first + n for n in range(len(blocks))]
    assert len(blocks) >= 2


def test_the_chunk_counts_on_and_differs_by_a_constant():
    cam = camtwin.open("baumer-vcxg-124m", render=False)
    cam.Height, cam.ChunkModeActive = 64, True
    cam.ChunkSelector, cam.ChunkEnable = "FrameID", True
    host = attached(cam)
    cam.grab(3)
    host.stream()
    frames = cam.grab(3)
    apart = {f.frame_id - block for f, block in zip(frames, host.blocks(), strict=False)}
    assert apart == {frames[0].frame_id - 1}
    assert frames[0].frame_id > 3
