"""A twin looks for its address in process: what it keeps and answers, and who is in control then."""

import pytest

import camtwin
from camtwin.camera import commands as outside
from camtwin.problem import Refused
from camtwin.units import SEC
from unit.links.gige.test_host import CCP, CONTROL, MODEL, ask, read, write

DISCOVERY = bytes.fromhex("42 11 0002 0000 ffff")
WRITEREG = 0x82
CONFIGURATION, CURRENT_IP, CURRENT_MASK, PERSISTENT = 0x14, 0x24, 0x34, (0x64C, 0x65C, 0x66C)


@pytest.fixture
def cam():
    return camtwin.open(MODEL, render=False)


def test_a_host_finds_it_at_once_and_only_where_it_is(cam):
    host = cam.host()
    assert host.network.address == "10.0.0.1"
    assert len(host.send(DISCOVERY)) == len(host.send(DISCOVERY, at="10.0.0.1")) == 1
    assert host.send(DISCOVERY, at="10.0.0.2") == []


def test_the_configuration_is_written_whole_and_link_local_stays(cam):
    host = cam.host()
    write(host, CCP, CONTROL)
    assert read(host, CONFIGURATION) == 6
    write(host, CONFIGURATION, 1)
    assert read(host, CONFIGURATION) == 5
    assert (cam.GevCurrentIPConfigurationPersistentIP, cam.GevCurrentIPConfigurationDHCP) == (True, False)
    with pytest.raises(Refused):
        cam.GevCurrentIPConfigurationLLA = False


def test_what_is_kept_outlives_power_and_user_sets(tmp_path):
    with camtwin.open(MODEL, render=False, storage=tmp_path) as cam:
        host = cam.host()
        write(host, CCP, CONTROL)
        for register, value in zip(PERSISTENT, (0xC0A8_0709, 0xFFFF_FF00, 0xC0A8_0701), strict=True):
            write(host, register, value)
        write(host, CONFIGURATION, 7)
        assert read(host, CURRENT_IP) == 0x0A00_0001  # from power-up on
        cam.UserSetSelector = "UserSet0"
        cam.UserSetLoad()
        assert read(host, PERSISTENT[0]) == 0xC0A8_0709
    with camtwin.open(MODEL, render=False, storage=tmp_path) as again:
        host = again.host()
        assert [read(host, at) for at in (CURRENT_IP, CURRENT_MASK, 0x44)] == [
            0xC0A8_0709,
            0xFFFF_FF00,
            0xC0A8_0701,
        ]


def test_who_is_in_control_loses_it_with_the_address(cam):
    host = cam.host()
    host.network.dhcp = camtwin.DhcpServer("10.0.0.50", seconds=120)
    cam.world.power_cycle()
    write(host, CCP, CONTROL)
    write(host, 0x954, 1)  # no heartbeat
    host.network.dhcp = camtwin.DhcpServer("10.0.0.51", seconds=120)
    cam.advance(61 * SEC)
    assert host.network.address == "10.0.0.51"
    assert read(host, CCP) == 0


def test_without_an_address_only_force_ip_is_heard(cam):
    host = cam.host()
    host.network.dhcp = None
    cam.world.power_cycle()
    assert host.send(DISCOVERY) == []
    mac = bytes.fromhex("42 01 0004 0038 0001 0000") + ask_mac(host)
    host.send(mac + bytes(12) + bytes([10, 0, 0, 9]) + bytes(12) + b"\xff\xff\xff\0" + bytes(16))
    assert host.network.address == "10.0.0.9"
    assert read(host, CURRENT_IP) == 0x0A00_0009
    cam.world.power_cycle()
    cam.advance(20 * SEC)
    assert host.network.address.startswith("169.254.")


def ask_mac(host) -> bytes:
    return host.network.gev.identity.mac


def test_a_cable_that_is_out_for_a_second_ends_nothing_and_for_longer_the_control(cam):
    cam.AcquisitionFrameRateEnable, cam.AcquisitionFrameRate = True, 4.0
    host = cam.host()
    write(host, CCP, CONTROL)
    write(host, 0xD18, 0x0A00_0002, 0xD00, 4000)
    cam.AcquisitionStart()
    cam.advance(SEC)
    assert read(host, CCP) == CONTROL  # heard now
    before = len(host.packets)
    cam.world.unplug()
    assert host.send(DISCOVERY) == []
    cam.advance(SEC)
    assert len(host.packets) == before > 0
    cam.world.plug()
    cam.advance(SEC)
    assert len(host.packets) > before  # pictures that waited in its memory, and new ones
    assert read(host, CCP) == CONTROL
    cam.world.unplug()
    cam.advance(4 * SEC)
    cam.world.plug()
    assert read(host, CCP) == 0
    assert host.network.address == "10.0.0.1"


def test_a_cable_moved_to_another_network_gives_another_address(cam):
    host = cam.host()
    cam.world.unplug()
    host.network.dhcp = camtwin.DhcpServer("192.168.1.5", "255.255.255.0")
    cam.world.plug()
    assert host.network.address == "192.168.1.5"
    assert ask(host, 0x80, CURRENT_MASK) == bytes([255, 255, 255, 0])


def test_a_cable_for_100_Mbit_shows_in_the_register_of_the_links_speed(cam):
    host = cam.host()
    assert read(host, 0x670) == 1000
    slow = camtwin.open(MODEL, render=False, link_speed="100M")
    assert read(slow.host(), 0x670) == 100
    cam.world.unplug()
    cam.twin.camera.transmitter.timing = slow.twin.camera.transmitter.timing
    cam.world.plug()
    assert read(host, 0x670) == 100


def test_without_power_it_is_silent(cam):
    host = cam.host()
    cam.twin.camera.power_off()
    assert host.send(DISCOVERY) == []
    cam.twin.camera.power_on()
    assert len(host.send(DISCOVERY)) == 1


def test_a_journal_keeps_what_was_done_to_the_cable(cam):
    camera, told = cam.twin.camera, []
    camera.on_command.subscribe(lambda now, word, args: told.append((now, word, args)))
    cam.world.unplug()
    cam.world.unplug()  # it is out
    cam.advance(SEC)
    cam.world.plug()
    assert told == [(0, "cable", (0,)), (SEC, "cable", (1,))]
    again = camtwin.open(MODEL, render=False).twin.camera
    outside.replay_command(again, "cable", 0)
    assert not again.plugged
