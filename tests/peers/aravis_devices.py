"""List GigE cameras through stock Aravis, and open each by its hardware address: JSON on stdout."""

# pyright: reportMissingImports=false
import json
import sys

import gi

gi.require_version("Aravis", "0.8")
from gi.repository import Aravis  # noqa: E402

Aravis.update_device_list()
listed = {
    Aravis.get_device_physical_id(i): (Aravis.get_device_serial_nbr(i), Aravis.get_device_address(i))
    for i in range(Aravis.get_n_devices())
}
opened = {}
for mac in listed:
    camera = Aravis.Camera.new(mac)
    address = camera.get_device().get_device_address().get_address()
    opened[mac] = (camera.get_string("DeviceSerialNumber"), address.to_string())
json.dump({"listed": listed, "opened": opened}, sys.stdout)
