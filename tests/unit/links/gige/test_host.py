"""A host in process: the same bytes as on sockets, in virtual time."""

import struct

import pytest

import camtwin
from camtwin.links.gige.port import NoNetwork
from camtwin.units import MS, SEC

MODEL = "baumer-vcxg-124m"
READREG, WRITEREG = 0x80, 0x82
CCP, CONTROL, MCP, MCDA, MCTT, MCRC, MCSP = 0xA00, 2, 0xB00, 0xB10, 0xB14, 0xB18, 0xB1C
SCP, SCPS, SCDA = 0xD00, 0xD04, 0xD18
MINE, PORT = 0x0A00_0002, 4000


def ask(host, command: int, *words: int) -> bytes:
    body = struct.pack(f">{len(words)}I", *words)
    (answer,) = host.send(struct.pack(">BBHHH", 0x42, 1, command, len(body), 1 + words[0] % 0xFFFF) + body)
    assert answer[:2] == b"\0\0", answer.hex()
    return answer[8:]


def write(host, *words: int) -> None:
    ask(host, WRITEREG, *words)


def read(host, register: int) -> int:
    return int.from_bytes(ask(host, READREG, register), "big")


@pytest.fixture
def cam():
    return camtwin.open(MODEL, render=False)


def listening(cam):
    """Return a controller that receives edges of Line0: repeated after 10 ms, once."""
    cam.EventSelector, cam.EventNotification = "Line0RisingEdge", "On"
    host = cam.host()
    write(host, CCP, CONTROL)
    write(host, MCDA, MINE, MCTT, 10, MCRC, 1, MCP, PORT)
    return host


def test_a_message_comes_again_in_virtual_time_until_it_is_acknowledged(cam):
    host = listening(cam)
    cam.lines["Line0"].pulse(100_000, period_ns=200_000, count=2)
    counts = []
    for _ in range(4):
        cam.advance(9 * MS)
        counts.append(len(host.messages))
    assert counts == [1, 2, 3, 4]  # at 0, 10, 20 and 30 ms: each event twice
    assert host.messages[0] == host.messages[1] != host.messages[2] == host.messages[3]
    assert [e.name for e in cam.events] == ["Line0RisingEdge"] * 2
    host.messages.clear()
    cam.advance(100 * MS)
    cam.lines["Line0"].pulse(100_000)
    cam.advance(MS)
    (message,) = host.messages
    assert host.send(struct.pack(">HHH", 0, 0xC1, 0) + message[6:8], port=PORT, to=read(host, MCSP)) == []
    cam.advance(SEC)
    assert len(host.messages) == 1


def test_a_heartbeat_runs_out_in_virtual_time(cam):
    host = cam.host()
    write(host, CCP, CONTROL)
    cam.advance(2999 * MS)
    assert read(cam.host(2), CCP) == CONTROL
    cam.advance(MS)
    assert read(cam.host(2), CCP) == 0


def test_pictures_come_as_packets_to_who_opens_the_stream():
    cam = camtwin.open(MODEL)
    cam.Width, cam.Height = 64, 32
    host = cam.host()
    write(host, CCP, CONTROL)
    write(host, SCPS, 1 << 31 | 1000, SCDA, MINE, SCP, PORT)
    frames = cam.grab(2)
    leader, *payload, trailer = host.packets[: len(host.packets) // len({p[2:4] for p in host.packets})]
    assert (leader[4], trailer[4]) == (1, 2)
    assert b"".join(p[8:] for p in payload) == frames[0].payload
    assert [len(p) for p in payload] == [972, 972, 2048 - 2 * 964 + 8]


def test_a_test_packet_comes_when_the_stream_is_open(cam):
    host = cam.host()
    write(host, CCP, CONTROL)
    write(host, SCDA, MINE, SCP, PORT)
    write(host, SCPS, 1 << 31 | 1000)
    assert [len(p) for p in host.packets] == [1000 - 28]


def test_hosts_have_numbers_and_addresses(cam):
    assert cam.host() is cam.host(1) is not cam.host(2)
    assert [cam.host(n).address for n in (1, 2, 300)] == ["10.0.0.2", "10.0.0.3", "10.0.1.45"]
    for number in (0, -1, 1 << 16):
        with pytest.raises(ValueError, match="there is no host"):
            cam.host(number)


@pytest.mark.parametrize(
    ("model", "link"), [("basler-aca4112-20um", "usb3"), ("ids-imx412", "usb3"), ("sony-imx412-aack", "csi2")]
)
def test_a_camera_without_a_network_says_so(model, link):
    with pytest.raises(NoNetwork) as refused:
        camtwin.open(model, render=False).host()
    assert str(refused.value) == f"{model} has no network: its link is {link}"


def test_without_a_host_nothing_is_different(cam):
    cam.grab(3)
    assert cam.twin.clock.next_time() is None
    cam.host()
    cam.grab(3)
    assert cam.twin.clock.next_time() is None


def test_a_save_is_acknowledged_when_it_is_done(cam):
    host = cam.host()
    memory = cam.twin.camera.sheet.memory
    node = cam.twin.camera.tree.nodes["UserSetSave"]
    register = node.address + node.keys["UserSet1"]
    write(host, CCP, CONTROL, 0x954, 2)  # PENDING_ACK is wanted
    save = struct.pack(">BBHHHII", 0x42, 1, WRITEREG, 8, 77, register, 1)
    assert host.send(save) == [struct.pack(">6H", 0, 0x89, 4, 77, 0, memory.store_ns // MS)]
    cam.advance(memory.store_ns - 1)
    assert host.answers == []
    assert host.send(save) == [struct.pack(">6H", 0, 0x89, 4, 77, 0, 1)]
    cam.advance(1)
    assert host.answers == [struct.pack(">4HI", 0, WRITEREG + 1, 4, 77, 1)]


@pytest.mark.parametrize(("configuration", "header_bytes"), [(0, 8), (1 << 30, 20)])
def test_frames_with_64_bit_block_ids_are_longer_on_the_wire(configuration, header_bytes):
    """0.8 % of a frame at 1500 bytes a packet, as long as the host is there that wants them."""
    with camtwin.open("baumer-vcxg-124m", render=False) as cam:
        cam.PixelFormat = "Mono8"
        cam.GevSCPSPacketSize = 1500
        host = cam.host()
        cam.advance(10**8)
        for register, value in ((0xA00, 2), (0x960, configuration)):
            assert host.write(register, value) == 0
        timing = cam.twin.camera.transmitter.timing
        gap = cam.twin.sheet.gige.gap_bytes
        packets = -(-146_400 // (1500 - 28 - header_bytes)) + 2
        ends = 28 + header_bytes + 36 + max(46, 28 + header_bytes + 8)
        wire_bytes = 146_400 + (packets - 2) * (28 + header_bytes) + ends + packets * (38 + gap)
        assert timing.transfer_ns(cam.twin.camera.settings, 146_400) == wire_bytes * 8
        host.write(0xA00, 0)
        plain = cam.twin.camera.transmitter.timing.transfer_ns(cam.twin.camera.settings, 146_400)
        assert plain < wire_bytes * 8 or not configuration


def test_an_automatic_function_is_no_host_that_spoke():
    with camtwin.open("baumer-vcxg-124m", scene=camtwin.scene.Flat(photons_per_s=2e5)) as cam:
        cam.Width, cam.Height = 64, 64
        cam.ExposureAuto = "Continuous"
        spoke_ns = cam.twin.camera.last_write_ns
        before = cam.ExposureTime
        cam.grab(5)
        assert cam.ExposureTime != before
        assert cam.twin.camera.last_write_ns == spoke_ns
