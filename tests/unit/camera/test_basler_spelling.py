"""What the Basler has, and how it spells it: beside its maker's documentation and public parameter files."""

import re

import numpy as np
import pytest

import camtwin
from camtwin.camera.reports.chunks import payload_crc16
from camtwin.links.usb3.port import identity_of
from camtwin.scene import Flat
from camtwin.twins.render.geometry import Window, brightness_regions
from unit.camera.frames.test_bursts import MODEL, opened


def test_serial_numbers_have_eight_digits_and_stand_in_the_guid():
    """Pictures of this model are named after 40193936 and 40713375; hosts list 2676 and the number in hex."""
    cam = opened()
    assert re.fullmatch(r"40\d{6}", cam.DeviceSerialNumber)
    twin = camtwin.open(MODEL, render=False, serial="40713375").twin
    identity = identity_of(twin)
    assert (identity.serial, identity.guid) == ("40713375", "2676026D3C9F")
    assert int(identity.guid[4:], 16) == 40713375


@pytest.mark.parametrize(("model", "digits"), [("baumer-vcxg-124m", 12), ("ids-imx412", 10), (MODEL, 8)])
@pytest.mark.parametrize("seed", [0, 7, 2**64 - 1])
def test_serial_numbers_have_their_makers_length(model, digits, seed):
    serial = camtwin.open(model, render=False, seed=seed).DeviceSerialNumber
    assert re.fullmatch(rf"\d{{{digits}}}", serial)


def test_a_serial_number_that_is_no_number_still_gives_a_guid():
    guids = {identity_of(camtwin.open(MODEL, render=False, serial=s).twin).guid for s in ("left", "right")}
    assert len(guids) == 2
    assert all(re.fullmatch("2676[0-9A-F]{8}", guid) for guid in guids)


def test_a_test_image_is_a_setting_like_others():
    """Saved in user sets, replaced by those of the factory, and part of a feature stream."""
    cam = opened("TestImageSelector=Testimage2", "UserSetSelector=UserSet1", "UserSetSave")
    cam.UserSetSelector = "Default"
    cam.UserSetLoad()
    assert cam.TestImageSelector == "Off"
    cam.UserSetSelector = "UserSet1"
    cam.UserSetLoad()
    assert cam.TestImageSelector == "Testimage2"
    assert cam.twin.camera.tree.shown(cam.twin.camera.settings)["TestImageSelector"] == "Testimage2"
    assert streamed(cam, "TestImageSelector") == "Yes"
    assert streamed(cam, "ResultingFrameRate") == streamed(cam, "UserOutputValueAll") == "No"


def node(cam, name):
    (found,) = re.findall(rf'<(?!EnumEntry)\w+ Name="{name}" NameSpace=.*', cam.twin.camera.xml)
    return found


def streamed(cam, name):
    return re.findall(r"<Streamable>(\w+)", node(cam, name))[0]


def test_floats_have_as_many_digits_in_files_as_the_camera_says():
    """Its maker's parameter files read 0.00000, and are compared with what the camera says."""
    cam = opened()
    floats = re.findall(r'<Float Name="(\w+)"', cam.twin.camera.xml)
    assert {"Gain", "ExposureTime", "Gamma", "AutoTargetBrightness"} <= set(floats)
    for name in floats:
        assert "<DisplayNotation>Fixed</DisplayNotation><DisplayPrecision>5</DisplayPrecision>" in node(
            cam, name
        )


def test_automatic_functions_measure_the_regions_that_are_for_brightness():
    """The maker's sample selects ROI2, and takes brightness from it."""
    cam = opened("Width=64", "Height=64")
    assert cam.entries("AutoFunctionROISelector") == ("ROI1", "ROI2")
    uses = {}
    for region in cam.entries("AutoFunctionROISelector"):
        cam.AutoFunctionROISelector = region
        uses[region] = cam.AutoFunctionROIUseBrightness
    assert uses == {"ROI1": True, "ROI2": False}
    window = Window(0, 0, 64, 64, np.arange(64), np.arange(64))
    cam.AutoFunctionROIOffsetX, cam.AutoFunctionROIWidth, cam.AutoFunctionROIHeight = 32, 16, 8  # ROI2
    places = []
    for on in ((True, False), (True, True), (False, True), (False, False)):
        for region, uses_it in zip(("ROI1", "ROI2"), on, strict=True):
            cam.AutoFunctionROISelector, cam.AutoFunctionROIUseBrightness = region, uses_it
        parts = brightness_regions(cam.twin.camera.settings, window)
        places.append([(part.x, part.y, part.width, part.height) for part in parts])
    whole, own = (0, 0, 64, 64), (32, 0, 16, 8)
    assert places == [[whole], [whole, own], [own], [whole]]


def test_the_checksum_is_of_the_image_and_all_chunks_before_it():
    """CRC-16/XMODEM has 0x31C3 for 123456789."""
    assert payload_crc16(b"12345", b"6789") == 0x31C3
    cam = camtwin.open(MODEL, scene=Flat())
    cam.Width, cam.Height, cam.ChunkModeActive = 64, 8, True
    for name in ("Timestamp", "PayloadCRC16"):
        cam.ChunkSelector, cam.ChunkEnable = name, True
    size = cam.PayloadSize
    exposures = []
    cam.twin.camera.on_exposure.subscribe(exposures.append)
    (frame,) = cam.grab(1)
    assert len(frame.payload) == size == 64 * 8 + 8 + 16 + 12
    assert bytes(cam.twin.render(exposures[0])) == frame.payload
    assert frame.chunks
    assert frame.payload[-8:] == bytes.fromhex("12000000 04000000")
    assert frame.chunks["PayloadCRC16"] == payload_crc16(frame.payload[:-12])
    assert int.from_bytes(frame.payload[-12:-8], "little") == frame.chunks["PayloadCRC16"]
