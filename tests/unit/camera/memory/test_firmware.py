"""A firmware image goes in by SFNC's file access; the next start runs it; what is wrong with it is told."""

import zlib

import pytest

import camtwin
from camtwin.camera.memory import firmware
from camtwin.camera.memory.firmware import Firmware, image
from camtwin.camera.memory.user_sets import MemoryStorage, StorageProblem

MODEL = "IMX412 USB3"
BUFFER = 512


def camera(**options):
    return camtwin.open("ids-imx412", render=False, **options)


def operate(cam, operation, offset=0, data=b""):
    cam.FileOperationSelector = operation
    if data:
        cam.FileAccessBuffer = data.ljust(BUFFER, b"\xee")
    cam.FileAccessOffset, cam.FileAccessLength = offset, len(data)
    cam.FileOperationExecute()
    return cam.FileOperationStatus


def load(cam, data):
    said = [operate(cam, "Open")]
    for at in range(0, len(data), BUFFER):
        said.append(operate(cam, "Write", at, data[at : at + BUFFER]))
        assert cam.FileOperationResult == len(data[at : at + BUFFER])
    assert cam.FileSize == len(data)
    assert set(said) <= {"Success"}
    return operate(cam, "Close")


def test_an_image_is_these_bytes():
    assert image(MODEL, "3.4") == b"camtwin firmware\nmodel IMX412 USB3\nversion 3.4\ncrc32 a87eaf3e\n"


def test_the_next_start_runs_it_and_it_stays():
    cam = camera()
    assert cam.DeviceFirmwareVersion == "3.3"
    assert load(cam, image(MODEL, "3.10")) == "Success"
    assert cam.FirmwareUpdateMessage == "taken: the camera runs it from its next start on"
    assert cam.DeviceFirmwareVersion == "3.3"
    for _ in range(2):
        cam.world.power_cycle()
        assert cam.DeviceFirmwareVersion == "3.10"
    assert load(cam, image(MODEL, "3.3")) == "Success"  # back to the first is allowed
    cam.world.power_cycle()
    assert cam.DeviceFirmwareVersion == "3.3"


def test_it_is_kept_on_disk(tmp_path):
    assert load(camera(storage=tmp_path), image(MODEL, "4.0")) == "Success"
    assert camera(storage=tmp_path).DeviceFirmwareVersion == "4.0"
    (tmp_path / "firmware.set").write_bytes(b"nonsense")
    assert camera(storage=tmp_path).DeviceFirmwareVersion == "3.3"


GOOD = image(MODEL, "3.4")
FORGED = b"camtwin firmware\nmodel IMX412 USB3\nversion 3.4\ncrc32 00000000\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (image(MODEL, "3.2"), "firmware 3.2 is below the minimum 3.3"),
        (image("VCXG-124M", "3.4"), "firmware of VCXG-124M is none of IMX412 USB3"),
        (FORGED, f"the image is damaged: crc32 00000000 is not {zlib.crc32(GOOD[:-15]):08x}"),
        (GOOD[:-1], f"{len(GOOD) - 1} bytes are no firmware image"),
        (GOOD + b"\n", f"{len(GOOD) + 1} bytes are no firmware image"),
        (b"", "0 bytes are no firmware image"),
        (bytes(2000), "2000 bytes are no firmware image"),
        (image(MODEL, "3.4.5.6.7"), f"{len(GOOD) + 6} bytes are no firmware image"),
    ],
)
def test_what_is_no_firmware_of_it_is_refused_and_told(data, message):
    cam = camera()
    assert load(cam, data) == "Failure"
    assert cam.FirmwareUpdateMessage == message
    cam.world.power_cycle()
    assert cam.DeviceFirmwareVersion == "3.3"


def test_operations_out_of_turn_fail():
    cam = camera()
    assert operate(cam, "Write", 0, b"x") == "Failure"
    assert operate(cam, "Close") == "Failure"
    assert operate(cam, "Open") == "Success"
    assert operate(cam, "Open") == "Failure"
    assert operate(cam, "Write", 1, b"x") == "Failure"  # a hole
    assert operate(cam, "Write", 0, b"x") == "Success"
    cam.world.power_cycle()  # in mid update
    assert operate(cam, "Close") == "Failure"


def test_no_more_than_there_is_room_for():
    cam = camera()
    cam.twin.camera.files._max_bytes = 1000
    said = [
        operate(cam, "Open"),
        operate(cam, "Write", 0, bytes(BUFFER)),
        operate(cam, "Write", 512, bytes(488)),
    ]
    assert (said, cam.FileSize) == (["Success"] * 3, 1000)
    assert operate(cam, "Write", 999, b"12") == "Failure"
    assert (cam.FileOperationResult, cam.FileSize) == (0, 1000)


def test_a_memory_that_takes_nothing_is_told():
    class Full(MemoryStorage):
        def store(self, name, data):
            raise StorageProblem("no space left")

    kept = Firmware(MODEL, "3.3", Full())
    assert not kept.take(GOOD)
    assert kept.message == "the image is not kept: no space left"


def test_versions_are_numbers():
    assert firmware.number("3.10") > firmware.number("3.9") > firmware.number("3")
