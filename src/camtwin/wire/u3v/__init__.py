"""USB3 Vision: control (GenCP), stream, USB's own requests, USB/IP, and the device side that they make up."""
