"""Hosts in process for both kinds of links, with the same few words."""

import struct

from camtwin.wire.u3v import bootstrap

CCP, SCP, SCDA = 0xA00, 0xD00, 0xD18
MCP, MCDA, CONFIGURATION = 0xB00, 0xB10, 0x954
HOST = 0x0A00_0002
MODELS = ("baumer-vcxg-124m", "basler-aca4112-20um", "ids-imx412")


class GigeHost:
    """A controller on GigE Vision: in control from the start, by the bytes of its commands."""

    def __init__(self, cam):
        self.host = cam.host()
        self.write(CCP, 2)

    def write(self, register, value):
        assert self.host.write(register, value) == 0

    def stream(self):
        self.write(SCDA, HOST)
        self.write(SCP, 4000)

    def streams(self):
        (ack,) = self.host.send(struct.pack(">BBHHHI", 0x42, 1, 0x80, 4, 1, SCP))
        return int.from_bytes(ack[8:], "big") != 0

    def stop(self):
        self.write(SCP, 0)

    def leave(self):
        self.write(CCP, 0)

    def received(self):
        return len(self.host.packets)

    def stay(self):
        """Keep control without a heartbeat."""
        self.write(CONFIGURATION, 1)

    def blocks(self):
        """Block ids of the images that came."""
        return [int.from_bytes(p[2:4], "big") for p in self.host.packets if p[4] == 1]

    def listen(self):
        """Receive events from now on."""
        self.write(MCDA, HOST)
        self.write(MCP, 4001)

    def told(self):
        """Block ids that events had: in the header, and as data."""
        blocks = [int.from_bytes(message[14:16], "big") for message in self.host.messages]
        data = [int.from_bytes(message[24:], "big") for message in self.host.messages]
        assert blocks == data
        return blocks


class UsbHost:
    """A host on USB3 Vision: it leaves as its driver does, which takes the configuration away."""

    def __init__(self, cam):
        self.host = cam.usb()
        self.setup(0, 9, 1)  # SET_CONFIGURATION

    def setup(self, kind, request, value):
        assert self.host.setup(struct.pack("<BBHHH", kind, request, value, 0, 0)) is not None

    def write(self, register, value):
        data = struct.pack("<QI", register, value)
        ack = self.host.send(struct.pack("<IHHHH", 0x43563355, 0x4000, 0x0802, len(data), 1) + data)
        assert ack
        assert ack[4:6] == b"\0\0", ack.hex()

    def stream(self):
        for register, value in (
            (bootstrap.MAX_LEADER, 1024),
            (bootstrap.MAX_TRAILER, 1024),
            (bootstrap.MAX_PAYLOAD, 1 << 20),
            (bootstrap.PAYLOAD_COUNT, 64),
            (bootstrap.STREAM_CONTROL, 1),
        ):
            self.write(register, value)

    def streams(self):
        body = struct.pack("<QHH", bootstrap.STREAM_CONTROL, 0, 4)
        ack = self.host.send(struct.pack("<IHHHH", 0x43563355, 0x4000, 0x0800, len(body), 1) + body)
        return int.from_bytes(ack[12:], "little") != 0

    def stop(self):
        self.write(bootstrap.STREAM_CONTROL, 0)

    def leave(self):
        self.setup(0, 9, 0)

    def received(self):
        return len(self.host.transfers)

    def stay(self):
        """Stay: a USB device's host is there as long as it is plugged in."""

    def blocks(self):
        return [int.from_bytes(t[8:16], "little") for t in self.host.transfers if t[:4] == b"U3VL"]

    def listen(self):
        self.write(bootstrap.EVENT_CONTROL, 1)

    def told(self):
        return [int.from_bytes(message[24:], "little") for message in self.host.messages]


def attached(cam):
    return GigeHost(cam) if cam.twin.sheet.link == "gige" else UsbHost(cam)
