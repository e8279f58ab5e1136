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
