"""The register space of the twin: any access is carried out or refused, and nothing else happens."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camtwin.camera.camera import XML_ADDRESS
from camtwin.genicam import At
from camtwin.models import load
from camtwin.problem import Refused
from camtwin.twins import build

TWIN = build(load("baumer-vcxg-124m"))
KNOWN = sorted(TWIN.camera.registers.at)
ADDRESSES = st.one_of(
    st.integers(0, 2**32 - 1),
    st.sampled_from(KNOWN),
    st.sampled_from(KNOWN).map(lambda a: a + 4),
    st.just(XML_ADDRESS),
)


@given(ADDRESSES, st.integers(1, 600))
def test_any_read_answers_with_its_length_or_is_refused(address, length):
    try:
        data = TWIN.camera.read(address, length)
    except Refused as refused:
        outcome = refused.why
    else:
        outcome = len(data)
    assert outcome in (length, "address")


@settings(max_examples=400, deadline=None)  # each makes a camera
@given(ADDRESSES, st.binary(min_size=1, max_size=64))
def test_any_write_keeps_every_setting_within_its_limits(address, data):
    camera = build(load("baumer-vcxg-124m")).camera
    with suppress(Refused):
        camera.write(address, data)
    tree = camera.tree
    for name, value in tree.shown(camera.settings).items():
        node = tree.nodes[name]
        if node.feature.node in ("Integer", "Float") and not node.feature.by:
            low, high = tree.limits(node, At(camera.settings, camera))
            assert low <= value <= high, name


def test_every_register_reads_what_its_feature_says():
    camera, tree = TWIN.camera, TWIN.camera.tree
    assert camera.read(tree.nodes["Width"].address, 4) == (4096).to_bytes(4, "big")
    assert camera.read(0x68, 32) == b"VCXG-124M".ljust(32, b"\0")
    assert camera.read(0xD04, 4) == (1 << 30 | 1500).to_bytes(4, "big")


def test_the_packet_size_register_keeps_its_other_bits():
    camera = build(load("baumer-vcxg-124m")).camera
    camera.write(0xD04, (9000).to_bytes(4, "big"))
    assert camera.settings.GevSCPSPacketSize == 9000
    assert camera.settings.GevSCPSDoNotFragment is False
    with pytest.raises(Refused, match="GevSCPSPacketSize 9004 B is above the maximum 9000 B"):
        camera.write(0xD04, (9004).to_bytes(4, "big"))


MODELS = ("baumer-vcxg-124m", "basler-aca4112-20um", "ids-imx412")
WORD = 4


def write_by_words(camera, address, data, order=1):
    for at in range(0, len(data), WORD)[::order]:
        camera.write(address + at, data[at : at + WORD])


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("text", ["größer €€", "abcü", "16 bytes, no zer"])
def test_a_name_written_word_by_word_is_the_one_written_at_once(model, order, text):
    camera = build(load(model)).camera
    node = camera.tree.find("DeviceUserID")
    data = text.encode().ljust(node.feature.length, b"\0")
    write_by_words(camera, node.address, data, order)
    assert camera.read(node.address, len(data)) == data
    assert camera.tree.get(camera, "DeviceUserID") == text
    assert camera.tree.shown(camera.settings)["DeviceUserID"] == text


def test_a_name_may_fill_its_register():
    camera = build(load("baumer-vcxg-124m")).camera
    camera.write(0xE8, b"sixteen byte nam")
    assert camera.read(0xE8, 16) == b"sixteen byte nam"
    camera.tree.set(camera, "DeviceUserID", "sixteen byüten")
    assert camera.read(0xE8, 16) == "sixteen byüten".encode().ljust(16, b"\0")


@given(st.binary(min_size=16, max_size=16))
def test_the_name_register_holds_every_byte_and_its_text_ends_at_the_first_zero(data):
    camera = build(load("baumer-vcxg-124m")).camera
    camera.write(0xE8, data)
    assert camera.read(0xE8, 16) == data
    assert camera.tree.get(camera, "DeviceUserID") == data.split(b"\0")[0].decode(errors="replace")


@pytest.mark.parametrize("order", [1, -1])
def test_a_number_is_written_when_its_last_part_has_come(order):
    camera = build(load("basler-aca4112-20um")).camera
    for name, old, new in (("ExposureTime", 5_000_014.0, 10_000_000.0), ("TimerDelay", 0.0, 16_777_215.0)):
        node = camera.tree.find(name)
        address = node.address + next(iter(node.keys.values()))
        key = next(iter(node.keys))
        camera.tree.set(camera, name, old, key)
        first, second = [*range(0, 8, WORD)][::order]
        data = node.feature.pack(new, camera.tree.order)
        camera.write(address + first, data[first : first + WORD])
        assert camera.tree.get(camera, name, key) == old
        camera.write(address + second, data[second : second + WORD])
        assert camera.tree.get(camera, name, key) == new


def test_half_a_number_is_forgotten_with_its_session():
    camera = build(load("baumer-vcxg-124m")).camera
    address = camera.tree.find("ExposureTime").address
    before = camera.settings.ExposureTime_ns
    camera.write(address, bytes(4))
    camera.end_session()
    camera.write(address + 4, bytes(4))
    assert camera.settings.ExposureTime_ns == before


def test_the_description_is_read_only_and_padded():
    assert TWIN.camera.read(XML_ADDRESS, 2) == b"PK"
    with pytest.raises(Refused, match="read-only"):
        TWIN.camera.write(XML_ADDRESS, b"abcd")


def test_every_register_that_the_description_names_is_there():
    camera = TWIN.camera
    for node in camera.tree.here:
        for plane, address, coding in node.registers():
            f = node.feature
            if plane != "Value" or not (f.elsewhere or f.chunk):  # the link's, or in frames only
                for offset in node.keys.values():
                    data = camera.read(address + offset, coding.length)
                    assert len(data) == coding.length, (f.name, plane)
