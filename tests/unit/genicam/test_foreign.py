"""Descriptions from outside: what is read of them, and what is refused in one line."""

import io
import zipfile

import pytest

from camtwin.genicam import foreign
from camtwin.genicam.foreign import ForeignInvalid, read
from camtwin.genicam.foreign_features import features_of
from camtwin.genicam.node_map import NodeMap, Place
from unit.genicam.small_camera import DESCRIPTION, HEAD

BIG = "big"


def zipped(*members: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return packed.getvalue()


def test_a_description_is_features_with_limits_selectors_and_registers() -> None:
    features, without = features_of(NodeMap(read(DESCRIPTION.encode()), {"TickReg": 0.5, "ExposureReg": 40}))
    assert without == {"LampGone": "the camera does not implement it"}
    width, level = features["Width"], features["LampLevel"]
    assert width.limits == {"Min": 16, "Max": None, "Inc": 16}
    assert width.place == Place(0x2_0000, (), 4, None, BIG, False)
    assert width.planes == {"Max": Place(0x2_0004, (), 4, None, BIG, False)}
    assert (level.by, level.place) == (("LampColour",), Place(0x2_0100, (8,), 4, None, BIG, False))
    assert features["LampOn"].place == Place(0x2_0040, (), 4, (0, 1), BIG, False)  # counted from the top
    assert features["ExposureTime"].value == 20
    assert features["ExposureTime"].why_not == "a formula stands before its register"
    assert [f.access for f in (width, features["LampHot"], features["LampPower"], features["LampReset"])] == [
        "RW",
        "RO",
        "RO",
        "WO",
    ]


def test_a_selector_that_names_a_feature_twice_selects_it_once() -> None:
    once = "<pSelected>Gain</pSelected>"
    features, _ = features_of(NodeMap(read(DESCRIPTION.replace(once, 2 * once).encode())))
    assert features["Gain"].by == ("GainSelector",)
    assert features["Gain"].place == Place(131120, (0,), 4, None, "big", False)


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"Acme-Small-12345 (192.168.0.2)\n"])
def test_what_stands_before_the_document_is_left_out(before: bytes) -> None:
    assert read(before + DESCRIPTION.encode()).model == "Small"


def test_a_zip_has_one_member_whose_name_is_no_path() -> None:
    assert read(zipped(("../../etc/passwd", DESCRIPTION.encode()))).vendor == "Acme"
    with pytest.raises(ForeignInvalid, match="with 2 members: it must have one"):
        read(zipped(("a", b"x"), ("b", b"x")))
    with pytest.raises(ForeignInvalid, match="not stored or deflated"):
        read(zipped(("a", b"x"), compression=zipfile.ZIP_LZMA))
    with pytest.raises(ForeignInvalid, match="bytes in it: at most 8000000"):
        read(zipped(("a", bytes(9_000_000))))
    with pytest.raises(ForeignInvalid, match="is a damaged ZIP"):
        read(zipped(("a", DESCRIPTION.encode()))[:-30])


def nodes(*texts: str) -> bytes:
    return f"{HEAD}{''.join(texts)}</RegisterDescription>".encode()


LADDER = "".join(f'<Integer Name="N{i}"><pValue>N{i + 1}</pValue></Integer>' for i in range(200))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"", "is no XML"),
        (b"no brackets", "is no XML"),
        (b"<a></b>", "mismatched tag"),
        (b"<a/>", "is no GenICam description: its root is 'a'"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "has a DOCTYPE"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "is no XML"),
        (bytes(8_000_001), "has 8000001 bytes: at most 8000000"),
        (nodes("<a>" * 70 + "</a>" * 70), "nested more than 64 deep"),
        (nodes(*(f'<Integer Name="I{i}"/>' for i in range(50_001))), "more than 50000 nodes"),
        (nodes("<a/>" * 250_001), "more than 250000 elements"),
        (nodes('<Integer Name="A"/><Float Name="A"/>'), "A: there are two nodes of this name"),
        (nodes('<Integer Name="../A"/>'), "the name of a node must be"),
        (nodes(f'<SwissKnife Name="A"><Formula>{"1+" * 3000}1</Formula></SwissKnife>'), "at most 4096"),
        (
            nodes('<Integer Name="A"><Visibility> Guru </Visibility></Integer>'),
            "Visibility ' Guru ' must be one of",
        ),
        (nodes(), "without nodes"),
    ],
)
def test_what_is_no_description_is_told_in_one_line(document: bytes, said: str) -> None:
    with pytest.raises(ForeignInvalid, match=said) as refused:
        read(document)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            nodes(
                '<Integer Name="A"><pValue>B</pValue></Integer><Integer Name="B"><pValue>A</pValue></Integer>'
            ),
            "A: its value depends on itself: A -> B -> A",
        ),
        (
            nodes('<IntSwissKnife Name="A"><pVariable Name="X">A</pVariable></IntSwissKnife>'),
            "A -> A",
        ),
        (nodes(LADDER), "N65: its value is found through more than 64 nodes"),
        (
            nodes('<IntSwissKnife Name="A"><Formula>B</Formula></IntSwissKnife>'),
            "A: formula: 'B' is no variable",
        ),
    ],
)
def test_values_that_cannot_be_found_are_named(document: bytes, said: str) -> None:
    with pytest.raises(ForeignInvalid, match=said):
        nodes_of = NodeMap(read(document))
        [nodes_of.value(name) for name in nodes_of.nodes]


def test_limits_are_those_that_are_promised() -> None:
    assert (foreign.MAX_BYTES, foreign.MAX_NODES, foreign.MAX_DEPTH, foreign.MAX_CHARS) == (
        8_000_000,
        50_000,
        64,
        4096,
    )
