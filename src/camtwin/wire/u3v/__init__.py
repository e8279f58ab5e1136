"""USB3 Vision: control (GenCP), stream, USB requests, USB/IP, and the device side made of them."""
