"""Look at a USB3 Vision camera through pyusb, claim it, and read a register: JSON on stdout.

With an argument, pyusb uses the libusb at that path instead of the one it finds.
"""

# pyright: basic, reportAttributeAccessIssue=false, reportIndexIssue=false, reportOptionalIterable=false
import json
import struct
import sys

import usb.backend.libusb1
import usb.core
import usb.util

COMMAND, ACKNOWLEDGE = 0x01, 0x81
MODEL_NAME = 0x44  # of the bootstrap registers, 64 bytes

own = sys.argv[1:]
backend = usb.backend.libusb1.get_backend(find_library=lambda _: own[0]) if own else None
if own and backend is None:
    raise SystemExit(f"pyusb cannot use {own[0]}")


def is_camera(device):
    return device.bDeviceClass == 0xEF and any(i.bInterfaceSubClass == 5 for i in device[0])


def read_model(device):
    """Return the model's name as GenCP has it, or the error of the claim."""
    try:
        usb.util.claim_interface(device, 0)
    except usb.core.USBError as error:
        return {"code": error.backend_error_code}
    body = struct.pack("<QHH", MODEL_NAME, 0, 64)
    device.write(COMMAND, struct.pack("<IHHHH", 0x43563355, 0x4000, 0x0800, len(body), 1) + body)
    acknowledge = device.read(ACKNOWLEDGE, 1024).tobytes()
    usb.util.release_interface(device, 0)
    magic, status, code, length, request_id = struct.unpack_from("<IHHHH", acknowledge)
    if (magic, status, code, length, request_id) != (0x43563355, 0, 0x0801, 64, 1):
        return acknowledge.hex()
    return acknowledge[12:].partition(b"\0")[0].decode()


found = []
for device in usb.core.find(find_all=True, custom_match=is_camera, backend=backend):
    stream = device[0][(2, 0)][0]
    found.append(
        {
            "id": f"{device.idVendor:04x}:{device.idProduct:04x}",
            "texts": [device.manufacturer, device.product, device.serial_number],
            "speed": device.speed,
            "port": device.port_numbers,
            "stream": [stream.bEndpointAddress, stream.wMaxPacketSize],
            "drivers": [device.is_kernel_driver_active(i) for i in range(3)],
            "described": "SuperSpeed" in str(device) or "ENDPOINT 0x83" in str(device),
            "model": read_model(device),
        }
    )
json.dump(found, sys.stdout)
