"""DeviceControl: the identity of the camera, its clock, temperature and link speed."""
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
    """Return the version that runs; the sheet's `value` is that of a new camera."""
    return device.firmware.version


def temperature(device: Acts, DeviceTemperatureSelector: str) -> float:
    return device.temperature_reading_C  # one sensor, whatever its name


def status(device: Acts) -> str:
    return device.temperature_status


def restart(device: Acts) -> None:
    device.power_cycle()


def link_speed(device: Acts) -> int:
    return device.link_bytes_per_s


def latch(device: Acts) -> None:
    device.time.latch()


def reset(device: Acts) -> None:
    device.time.reset()


def place(gige: int, usb3: int) -> dict[str, int | tuple[int, int]]:
    """Return the registers of a text by link: GigE Vision's differ in length, GenCP's have 64 bytes."""
    return {"gige": gige, "usb3": (usb3, 64)}


# fmt: off  (a declaration reads best on its own line or two)
class DeviceControl(Chapter):
    DeviceType = Enumeration(
        "Reports the role of the device on its link: it transmits images.",
        "Transmitter", value=lambda: "Transmitter", visibility=Guru)
    DeviceScanType = Enumeration(
        "Reports the scan type of the sensor. Areascan: the sensor captures two-dimensional images.",
        "Areascan", value=lambda: "Areascan", visibility=Expert)
    DeviceVendorName = String(
        "Reports the name of the camera's manufacturer.",
        value=sheet_value, length=32, at=place(0x48, 0x4))
    DeviceModelName = String(
        "Reports the model name of the camera.",
        value=sheet_value, length=32, at=place(0x68, 0x44))
    DeviceVersion = String(
        "Reports the hardware version of the camera.",
        value=sheet_value, length=32, at=place(0x88, 0xC4))
    DeviceFirmwareVersion = String("Reports the version of the firmware that the camera runs.", value=firmware)
    DeviceManufacturerInfo = String(
        "Reports additional information from the manufacturer: that this device is a digital twin.",
        value=sheet_value, length=48, at=place(0xA8, 0x104))
    DeviceSerialNumber = String(
        "Reports the serial number of the camera.",
        value=serial, length=16, at=place(0xD8, 0x144), visibility=Expert)
    DeviceUserID = String(
        "Sets a user-defined name for the camera. Host software can find the camera by this name, which is kept when "
        "the power is off.",
        length=16, at=place(0xE8, 0x184), saved=False)
    DeviceSFNCVersionMajor = Integer(
        "Reports the major version of the Standard Features Naming Convention (SFNC) that the feature names follow.",
        value=sheet_value, visibility=Expert)
    DeviceSFNCVersionMinor = Integer(
        "Reports the minor version of the Standard Features Naming Convention (SFNC) that the feature names follow.",
        value=sheet_value, visibility=Expert)
    DeviceSFNCVersionSubMinor = Integer(
        "Reports the sub-minor version of the Standard Features Naming Convention (SFNC) that the feature names "
        "follow.",
        value=sheet_value, visibility=Expert)
    DeviceTLType = Enumeration(
        "Reports the transport layer of the camera's link.",
        "GigEVision USB3Vision", value=sheet_value, visibility=Expert)
    DeviceTemperatureSelector = Selector(
        "Selects the place inside the camera whose temperature DeviceTemperature reports.",
        "InHouse Mainboard Sensor Coreboard", visibility=Expert)
    DeviceTemperature = Float(
        "Reports the temperature measured inside the camera, in degrees Celsius.",
        unit="C", value=temperature, visibility=Expert).per("DeviceTemperatureSelector")
    DeviceTemperatureStatus = Enumeration(
        "Reports whether the temperature inside the camera is normal, high or above the permitted limit.",
        "Normal High Exceeded", value=status, custom=True, visibility=Expert)
    DeviceLinkSelector = Integer(
        "Selects the link to configure. The camera has one link, number 0.",
        max=0, saved=False)
    DeviceLinkSpeed = Integer(
        "Reports the speed of the link to the host, in bytes per second.",
        unit="Bps", length=8, max=1 << 62, value=link_speed, visibility=Expert)
    DeviceLinkThroughputLimit = Integer(
        "Limits the data rate of the image stream, in bytes per second. A low limit also lowers the frame rate.",
        unit="Bps", length=8, min=1_000_000, max=lambda DeviceLinkSpeed: DeviceLinkSpeed, visibility=Expert)
    Timestamp = Integer(
        "Reports the time of the camera's clock, in nanoseconds since it was last reset.",
        unit="ns", length=8, value=timestamp, visibility=Expert)
    TimestampReset = Command("Resets the camera's clock to zero.", do=reset, visibility=Expert)
    TimestampLatch = Command(
        "Latches the time of the camera's clock into TimestampLatchValue.",
        do=latch, visibility=Expert)
    TimestampLatchValue = Integer(
        "Reports the time that TimestampLatch last stored, in nanoseconds.",
        unit="ns", length=8, value=latched, visibility=Expert)
    DeviceLinkCurrentThroughput = Integer(
        "Reports the data rate that the image stream reaches at the current settings, in bytes per second.",
        unit="Bps", length=8, max=1 << 62, value=rates.throughput, visibility=Expert)
    DeviceReset = Command(
        "Restarts the camera as if its power were switched off and on. The connection to the host and unsaved "
        "settings are lost.",
        do=restart)
    DeviceLinkThroughputLimitMode = Enumeration(
        "Enables the limit that DeviceLinkThroughputLimit sets. While it is Off, the image stream may use the full "
        "speed of the link.",
        "Off On", visibility=Expert)
