"""TransportLayerControl: what travels, and the GigE Vision link's registers that are features.

Features marked `elsewhere` are answered by the link itself: their registers are its bootstrap registers.
"""
from __future__ import annotations

from camtwin.camera.features.chunk_data_control import ChunkDataControl
from camtwin.camera.features.rules import streaming
from camtwin.genicam.nodes import Boolean, By, Chapter, Command, Enumeration, Expert, Guru, Integer, Invisible
from camtwin.pixels.formats import FORMATS, payload_bytes

TAG_BYTES = 8  # after each chunk: id and length


def gige(address: int) -> dict[str, int]:
    return {"gige": address}


def size(Width: int, Height: int, PixelFormat: str, ChunkModeActive: bool, ChunkEnable: By[bool]) -> int:
    """Bytes of a frame: image, and the enabled chunks with their tags."""
    image = payload_bytes(FORMATS[PixelFormat], Width, Height)
    if not ChunkModeActive:
        return image
    data = sum(f.length for f in ChunkDataControl.features.values() if f.chunk and ChunkEnable.get(f.chunk[0]))
    return image * bool(ChunkEnable.get("Image")) + data + TAG_BYTES * sum(ChunkEnable.values())


# fmt: off
class TransportLayerControl(Chapter):
    PayloadSize = Integer("Bytes of a frame.", unit="B", value=size, visibility=Expert)
    TLParamsLocked = Integer("Set by the host while it streams.", max=1, saved=False, visibility=Invisible)
    GevMACAddress = Integer("Hardware address.", form="MACAddress", length=8, at=gige(0x8), elsewhere="RO", visibility=Guru)
    GevCurrentIPAddress = Integer("Internet address.", form="IPV4Address", at=gige(0x24), elsewhere="RO", visibility=Guru)
    GevCurrentSubnetMask = Integer("Mask of the net.", form="IPV4Address", at=gige(0x34), elsewhere="RO", visibility=Guru)
    GevCurrentDefaultGateway = Integer("Way out of the net.", form="IPV4Address", at=gige(0x44), elsewhere="RO", visibility=Guru)
    GevCurrentIPConfigurationLLA = Boolean("Looks for a link-local address where there is no other; cannot be turned off.",
                                           value=lambda: True, at=gige(0x14), bits=(2, 1), visibility=Guru)
    GevCurrentIPConfigurationDHCP = Boolean("Asks a DHCP server for an address as it is switched on.", default=True, saved=False,
                                            at=gige(0x14), bits=(1, 1), visibility=Guru)
    GevCurrentIPConfigurationPersistentIP = Boolean("Has its persistent address as it is switched on.", default=False, saved=False,
                                                    at=gige(0x14), bits=(0, 1), visibility=Guru)
    GevPersistentIPAddress = Integer("Persistent internet address.", form="IPV4Address", at=gige(0x64C), saved=False,
                                     visibility=Guru)
    GevPersistentSubnetMask = Integer("Mask of the persistent address's net.", form="IPV4Address", at=gige(0x65C), saved=False,
                                      visibility=Guru)
    GevPersistentDefaultGateway = Integer("Way out of the persistent address's net.", form="IPV4Address", at=gige(0x66C),
                                          saved=False, visibility=Guru)
    GevTimestampTickFrequency = Integer("Ticks of the camera's clock in a second.", unit="Hz", length=8, at=gige(0x93C),
                                        elsewhere="RO", visibility=Expert)
    GevLinkSpeed = Integer("Speed of the link.", unit="Mbps", at=gige(0x670), elsewhere="RO", visibility=Expert)
    GevHeartbeatTimeout = Integer("Silence after which the host loses control.", unit="ms", default=3000, min=500,
                                  at=gige(0x938), saved=False, visibility=Guru)
    GevCCP = Enumeration("Privilege of the host in control.", {"OpenAccess": 0, "ExclusiveAccess": 1, "ControlAccess": 2},
                         at=gige(0xA00), elsewhere="RW", saved=False, visibility=Guru)
    GevSCPHostPort = Integer("UDP port that the stream goes to; 0 closes the stream.", max=0xFFFF, at=gige(0xD00), bits=(0, 16),
                             elsewhere="RW", visibility=Guru)
    GevSCPSFireTestPacket = Command("Sends a test packet.", locked=streaming, at=gige(0xD04), bits=(31, 1), elsewhere="RW",
                                    visibility=Guru)
    GevSCPSDoNotFragment = Boolean("Sets the bit of this name in IP headers.", default=True, locked=streaming, saved=False,
                                   at=gige(0xD04), bits=(30, 1), visibility=Guru)
    GevSCPSPacketSize = Integer("Bytes of a packet, with IP and UDP headers.", unit="B", default=1500, min=576, max=9000,
                                inc=4, locked=streaming, saved=False, at=gige(0xD04), bits=(0, 16), visibility=Expert)
    GevSCPD = Integer("Gap between packets.", unit="ns", at=gige(0xD08), saved=False, visibility=Expert)
    GevSCDA = Integer("Internet address that the stream goes to.", form="IPV4Address", at=gige(0xD18), elsewhere="RW",
                      visibility=Guru)
    GevMCPHostPort = Integer("UDP port that messages go to; 0 closes the message channel.", max=0xFFFF, at=gige(0xB00),
                             bits=(0, 16), elsewhere="RW", visibility=Guru)
    GevMCDA = Integer("Internet address that messages go to.", form="IPV4Address", at=gige(0xB10), elsewhere="RW", visibility=Guru)
    GevMCTT = Integer("Time after which a message that is not acknowledged is sent again; 0: none is to be acknowledged.",
                      unit="ms", at=gige(0xB14), elsewhere="RW", visibility=Guru)
    GevMCRC = Integer("How often a message is sent again.", at=gige(0xB18), elsewhere="RW", visibility=Guru)
    GevMCSP = Integer("UDP port that messages come from.", max=0xFFFF, at=gige(0xB1C), bits=(0, 16), elsewhere="RO",
                      visibility=Guru)
    GevGVSPExtendedIDMode = Enumeration("Numbers blocks with 64 bits, in pictures and in messages.", "Off On", at=gige(0x960),
                                        bits=(30, 1), elsewhere="RW", visibility=Expert)
