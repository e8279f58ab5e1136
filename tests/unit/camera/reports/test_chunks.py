"""Chunks: which there are, how large they are, and that each says what its frame was taken with."""

import numpy as np
import pytest

import camtwin
from camtwin.camera.reports import chunks
from camtwin.problem import Refused
from camtwin.wire.chunks import split

MODEL = "baumer-vcxg-124m"
SHEET = [
    "Binning",
    "BlackLevel",
    "CounterValue",
    "DeviceTemperature",
    "ExposureTime",
    "FrameID",
    "Gain",
    "Height",
    "Image",
    "ImageControl",
    "LineStatusAll",
    "OffsetX",
    "OffsetY",
    "PixelFormat",
    "SequencerSetActive",
    "Timestamp",
    "Width",
]


def opened(*names: str, **options):
    cam = camtwin.open(MODEL, **options)
    cam.ChunkModeActive = True
    for name in names:
        cam.ChunkSelector, cam.ChunkEnable = name, True
    return cam


def test_the_selector_has_the_sheets_17_and_the_largest_payload_is_the_sheets():
    cam = opened(*SHEET, render=False)
    assert sorted(cam.twin.camera.tree.nodes["ChunkSelector"].entries) == sorted(SHEET)
    cam.PixelFormat = "Mono12"
    assert cam.PayloadSize == 24576224
    cam.ChunkModeActive = False
    assert cam.PayloadSize == 4096 * 3000 * 2


def test_each_frame_says_what_it_was_taken_with():
    cam = opened(*SHEET, seed=2)
    cam.Width, cam.Height, cam.OffsetX, cam.OffsetY, cam.PixelFormat = 64, 16, 32, 5, "Mono12p"
    cam.Gain, cam.BlackLevel, cam.ReverseX, cam.LUTEnable, cam.BinningVertical = 2.5, 9, True, True, 2
    chunk_values = cam.twin.camera.chunk_values
    cam.twin.camera.chunk_values = lambda: chunk_values() | {"CounterValue": 77, "LineStatusAll": 9}
    cam.twin.camera.sequencer.active = 127
    first, second = cam.grab(2)
    assert first.chunks is not None
    assert second.chunks is not None
    image = first.chunks.pop("Image")
    temperature = first.chunks["DeviceTemperature"]
    assert temperature == pytest.approx(cam.twin.camera.temperature_C, abs=1)
    assert {k: v for k, v in first.chunks.items() if k not in ("DeviceTemperature", "Image")} == {
        "Binning": (1, 2),
        "BlackLevel": 9,
        "CounterValue": 77,
        "ExposureTime": 4000.0,
        "FrameID": 1,
        "Gain": 2.5,
        "Height": 16,
        "ImageControl": 0b1101,
        "LineStatusAll": 9,
        "OffsetX": 32,
        "OffsetY": 5,
        "PixelFormat": "Mono12p",
        "SequencerSetActive": 127,
        "Timestamp": first.timestamp_ns,
        "Width": 64,
    }
    assert second.chunks["FrameID"] == 2
    assert second.chunks["Timestamp"] == second.timestamp_ns > first.timestamp_ns
    cam.ChunkModeActive = False
    cam.twin.camera.preset_frame_count(0)
    alone = cam.grab()[0]
    assert alone.chunks is None
    assert alone.payload == image, "the image is the same without chunks"


@pytest.mark.parametrize("name", SHEET)
def test_a_chunk_is_there_when_enabled_and_missing_when_not(name):
    cam = opened(name)
    cam.Width = cam.Height = 16
    (frame,) = cam.grab()
    assert [*(frame.chunks or ())] == (["Image", name] if name != "Image" else ["Image"])
    assert len(frame.payload) == cam.PayloadSize
    cam.ChunkEnable = False
    (frame,) = cam.grab()
    assert [*(frame.chunks or ())] == (["Image"] if name != "Image" else [])
    assert len(frame.payload) == cam.PayloadSize


def test_what_the_link_sends_is_what_the_session_shows():
    cam = opened("Width", "Timestamp", seed=4)
    cam.Width = cam.Height = 16
    exposures = []
    cam.twin.camera.on_exposure.subscribe(exposures.append)
    (frame,) = cam.grab()
    assert cam.twin.render(exposures[0]).tobytes() == frame.payload
    cam.ChunkSelector, cam.ChunkEnable = "Image", False
    (frame,) = cam.grab()
    exposure = next(e for e in exposures if e.frame_id == frame.frame_id)
    assert cam.twin.render(exposure).tobytes() == frame.payload
    assert frame.chunks == {"Timestamp": frame.timestamp_ns, "Width": 16}


def test_chunks_do_not_change_while_frames_are_taken():
    cam = opened()
    cam.AcquisitionStart()
    with pytest.raises(Refused, match="ChunkModeActive is locked now"):
        cam.ChunkModeActive = False


@pytest.mark.parametrize("payload", [b"\0\0\0", b"\0\0\0\1\0\0\0\1", b"xx\0\0\0\1\0\0\0\1", b"\0" * 7])
def test_a_payload_that_is_none_is_refused(payload):
    with pytest.raises(ValueError):
        list(split(payload))


def test_parse_reads_what_was_written_in_either_order():
    cam = opened("Binning", "Gain")
    cam.Width, cam.Height, cam.TestPattern = 16, 1, "GreyHorizontalRamp"
    exposures = []
    cam.twin.camera.on_exposure.subscribe(exposures.append)
    cam.grab()
    image = np.arange(16, dtype=np.uint8).tobytes()
    for order in ("big", "little"):
        ids = cam.twin.camera.chunk_ids
        payload = image + chunks.tail(exposures[0], ids, order)
        assert chunks.parse(payload, ids, order) == {"Image": image, "Binning": (1, 1), "Gain": 0.0}
