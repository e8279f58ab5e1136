"""TransportLayerControl: the size of frames, and registers of the GigE Vision link that are features.

Features marked `elsewhere` are answered by the link itself: their registers are its bootstrap registers.
"""
from __future__ import annotations

from camtwin.camera.features.chunk_data_control import NAMES, ChunkDataControl
from camtwin.camera.features.rules import streaming
from camtwin.genicam.nodes import Boolean, By, Chapter, Command, Enumeration, Expert, Guru, Integer, Invisible
from camtwin.pixels.formats import FORMATS, payload_bytes

TAG_BYTES = 8  # after each chunk: id and length


def gige(address: int) -> dict[str, int]:
    return {"gige": address}


def size(
    Width: int, Height: int, PixelFormat: str, ChunkModeActive: bool, ChunkEnable: By[bool], ChunkExtraBytes: int
) -> int:
    """Return the bytes of a frame: image, and the enabled chunks with their tags.

    Recorded frames alone have others, of which ChunkExtraBytes tells.
    """
    image = payload_bytes(FORMATS[PixelFormat], Width, Height)
    if not ChunkModeActive:
        return image
    data = sum(f.length for f in ChunkDataControl.features.values() if f.chunk and ChunkEnable.get(f.chunk[0]))
    has_image = ChunkEnable.get("Image", True)  # without an entry of its own it is always sent
    tags = sum(bool(ChunkEnable.get(name)) for name in NAMES[1:]) + has_image
    return image * has_image + data + TAG_BYTES * tags + ChunkExtraBytes


# fmt: off
class TransportLayerControl(Chapter):
    PayloadSize = Integer(
        "Reports the size of a frame on the link, in bytes, with its chunk data.",
        unit="B", value=size, visibility=Expert)
    TLParamsLocked = Integer(
        "Locks the features that must not change during acquisition. Host software sets it to 1 before it starts an "
        "acquisition.",
        max=1, saved=False, visibility=Invisible)
    GevMACAddress = Integer(
        "Reports the MAC address of the camera.",
        form="MACAddress", length=8, at=gige(0x8), elsewhere="RO", visibility=Guru)
    GevCurrentIPAddress = Integer(
        "Reports the current IP address of the camera.",
        form="IPV4Address", at=gige(0x24), elsewhere="RO", visibility=Guru)
    GevCurrentSubnetMask = Integer(
        "Reports the current subnet mask of the camera.",
        form="IPV4Address", at=gige(0x34), elsewhere="RO", visibility=Guru)
    GevCurrentDefaultGateway = Integer(
        "Reports the current default gateway of the camera.",
        form="IPV4Address", at=gige(0x44), elsewhere="RO", visibility=Guru)
    GevCurrentIPConfigurationLLA = Boolean(
        "Reports that the camera takes a link-local address where it gets no other. This is always on.",
        value=lambda: True, at=gige(0x14), bits=(2, 1), visibility=Guru)
    GevCurrentIPConfigurationDHCP = Boolean(
        "Enables DHCP: the camera requests its IP address from a server at power-on.",
        default=True, saved=False, at=gige(0x14), bits=(1, 1), visibility=Guru)
    GevCurrentIPConfigurationPersistentIP = Boolean(
        "Enables the persistent IP address, which the camera then takes at power-on.",
        default=False, saved=False, at=gige(0x14), bits=(0, 1), visibility=Guru)
    GevPersistentIPAddress = Integer(
        "Sets the persistent IP address of the camera.",
        form="IPV4Address", at=gige(0x64C), saved=False, visibility=Guru)
    GevPersistentSubnetMask = Integer(
        "Sets the subnet mask of the persistent IP address.",
        form="IPV4Address", at=gige(0x65C), saved=False, visibility=Guru)
    GevPersistentDefaultGateway = Integer(
        "Sets the default gateway of the persistent IP address.",
        form="IPV4Address", at=gige(0x66C), saved=False, visibility=Guru)
    GevTimestampTickFrequency = Integer(
        "Reports the frequency of the timestamp counter, in hertz.",
        unit="Hz", length=8, at=gige(0x93C), elsewhere="RO", visibility=Expert)
    GevLinkSpeed = Integer(
        "Reports the speed of the Ethernet link, in megabits per second.",
        unit="Mbps", at=gige(0x670), elsewhere="RO", visibility=Expert)
    GevHeartbeatTimeout = Integer(
        "Sets the time after which a silent host loses control of the camera, in milliseconds.",
        unit="ms", default=3000, min=500, at=gige(0x938), saved=False, visibility=Guru)
    GevCCP = Enumeration(
        "Sets the privilege of the connected host on the control channel. ControlAccess lets no other host write, "
        "ExclusiveAccess lets none read or write.",
        {"OpenAccess": 0, "ExclusiveAccess": 1, "ControlAccess": 2}, at=gige(0xA00), elsewhere="RW", saved=False,
        visibility=Guru)
    GevSCPHostPort = Integer(
        "Sets the UDP port of the host to which the image stream is sent. 0 closes the stream channel.",
        max=0xFFFF, at=gige(0xD00), bits=(0, 16), elsewhere="RW", visibility=Guru)
    GevSCPSFireTestPacket = Command(
        "Sends a test packet of the current packet size to the host. Locked during acquisition.",
        locked=streaming, at=gige(0xD04), bits=(31, 1), elsewhere="RW", visibility=Guru)
    GevSCPSDoNotFragment = Boolean(
        "Sets the do-not-fragment bit in the IP header of stream packets. Locked during acquisition.",
        default=True, locked=streaming, saved=False, at=gige(0xD04), bits=(30, 1), visibility=Guru)
    GevSCPSPacketSize = Integer(
        "Sets the size of a stream packet with its IP, UDP and GVSP headers, in bytes. Locked during acquisition.",
        unit="B", default=1500, min=576, max=9000, inc=4, locked=streaming, saved=False, at=gige(0xD04), bits=(0, 16),
        visibility=Expert)
    GevSCPD = Integer(
        "Sets the delay between two stream packets, in nanoseconds.",
        unit="ns", at=gige(0xD08), saved=False, visibility=Expert)
    GevSCDA = Integer(
        "Sets the IP address of the host to which the image stream is sent.",
        form="IPV4Address", at=gige(0xD18), elsewhere="RW", visibility=Guru)
    GevMCPHostPort = Integer(
        "Sets the UDP port of the host to which event messages are sent. 0 closes the message channel.",
        max=0xFFFF, at=gige(0xB00), bits=(0, 16), elsewhere="RW", visibility=Guru)
    GevMCDA = Integer(
        "Sets the IP address of the host to which event messages are sent.",
        form="IPV4Address", at=gige(0xB10), elsewhere="RW", visibility=Guru)
    GevMCTT = Integer(
        "Sets the time after which an unacknowledged event message is sent again, in milliseconds. At 0 the camera "
        "asks for no acknowledgement.",
        unit="ms", at=gige(0xB14), elsewhere="RW", visibility=Guru)
    GevMCRC = Integer(
        "Sets how many times an unacknowledged event message is sent again.",
        at=gige(0xB18), elsewhere="RW", visibility=Guru)
    GevMCSP = Integer(
        "Reports the UDP port of the camera from which event messages are sent.",
        max=0xFFFF, at=gige(0xB1C), bits=(0, 16), elsewhere="RO", visibility=Guru)
    GevGVSPExtendedIDMode = Enumeration(
        "Enables block ids of 64 bits, instead of 16, in the image stream and in event messages.",
        "Off On", at=gige(0x960), bits=(30, 1), elsewhere="RW", visibility=Expert)
