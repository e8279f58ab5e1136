"""DeviceControl: who the camera is, its clock and its temperature."""
from __future__ import annotations

from camtwin.camera.features import rates
from camtwin.camera.features.rules import Acts
from camtwin.genicam.nodes import (
    Chapter,
    Command,
    Enumeration,
    Expert,
    Float,
    Guru,
    Integer,
    Selector,
    String,
    sheet_value,
)


def serial(device: Acts) -> str:
    return device.serial


def timestamp(device: Acts) -> int:
    return device.timestamp


def latched(device: Acts) -> int:
    return device.time.latched_ns


def firmware(device: Acts, value: str) -> str:
    """The sheet's is that of a new camera."""
    return device.firmware.version


def temperature(device: Acts, DeviceTemperatureSelector: str) -> float:
    return device.temperature_reading_C  # one sensor, whatever its name


def status(device: Acts) -> str:
    return device.temperature_status


def restart(device: Acts) -> None:
    device.reset()


def link_speed(device: Acts) -> int:
    return device.link_bytes_per_s


def latch(device: Acts) -> None:
    device.time.latch()


def reset(device: Acts) -> None:
    device.time.reset()


def place(gige: int, usb3: int) -> dict[str, int | tuple[int, int]]:
    """Registers of a text: GigE Vision's differ in length, GenCP's have 64 bytes."""
    return {"gige": gige, "usb3": (usb3, 64)}


# fmt: off  (a declaration reads best on its own line or two)
class DeviceControl(Chapter):
    DeviceType = Enumeration("What the device does on its link.", "Transmitter", value=lambda: "Transmitter", visibility=Guru)
    DeviceScanType = Enumeration("Shape of what the sensor scans.", "Areascan", value=lambda: "Areascan", visibility=Expert)
    DeviceVendorName = String("Maker of the camera.", value=sheet_value, length=32, at=place(0x48, 0x4))
    DeviceModelName = String("Model of the camera.", value=sheet_value, length=32, at=place(0x68, 0x44))
    DeviceVersion = String("Version of the camera.", value=sheet_value, length=32, at=place(0x88, 0xC4))
    DeviceFirmwareVersion = String("Version of the camera's software.", value=firmware)
    DeviceManufacturerInfo = String("More about this device.", value=sheet_value, length=48, at=place(0xA8, 0x104))
    DeviceSerialNumber = String("Serial number of this camera.", value=serial, length=16, at=place(0xD8, 0x144), visibility=Expert)
    DeviceUserID = String("Name that the user gave this camera.", length=16, at=place(0xE8, 0x184), saved=False)
    DeviceSFNCVersionMajor = Integer("Version of the feature names.", value=sheet_value, visibility=Expert)
    DeviceSFNCVersionMinor = Integer("Version of the feature names, second part.", value=sheet_value, visibility=Expert)
    DeviceSFNCVersionSubMinor = Integer("Version of the feature names, third part.", value=sheet_value, visibility=Expert)
    DeviceTLType = Enumeration("Kind of link.", "GigEVision USB3Vision", value=sheet_value, visibility=Expert)
    DeviceTemperatureSelector = Selector("Where the temperature is taken.", "InHouse Mainboard Sensor Coreboard", visibility=Expert)
    DeviceTemperature = Float("Temperature of the camera.", unit="C", value=temperature, visibility=Expert,
                              ).per("DeviceTemperatureSelector")
    DeviceTemperatureStatus = Enumeration("Whether the camera is too hot.", "Normal High Exceeded", value=status, custom=True,
                                          visibility=Expert)
    DeviceLinkSelector = Integer("The link that is set up.", max=0, saved=False)
    DeviceLinkSpeed = Integer("Speed of the link.", unit="Bps", length=8, max=(1 << 62), value=link_speed, visibility=Expert)
    DeviceLinkThroughputLimit = Integer("Most bytes a second that the camera sends.", unit="Bps", length=8, min=1_000_000,
                                        max=lambda DeviceLinkSpeed: DeviceLinkSpeed, visibility=Expert)
    Timestamp = Integer("The camera's clock.", unit="ns", length=8, value=timestamp, visibility=Expert)
    TimestampReset = Command("Sets the camera's clock to zero.", do=reset, visibility=Expert)
    TimestampLatch = Command("Keeps the present time in TimestampLatchValue.", do=latch, visibility=Expert)
    TimestampLatchValue = Integer("The time kept by TimestampLatch.", unit="ns", length=8, value=latched, visibility=Expert)
    DeviceLinkCurrentThroughput = Integer("Bytes a second that frames come to, as the camera is set.", unit="Bps", length=8,
                                          max=1 << 62, value=rates.throughput, visibility=Expert)
    DeviceReset = Command("Starts the camera anew, as if it were switched off and on.", do=restart)
    DeviceLinkThroughputLimitMode = Enumeration("Whether DeviceLinkThroughputLimit holds.", "Off On", visibility=Expert)
