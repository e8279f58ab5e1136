"""`camtwin adopt`: a twin from a camera's own description, what it does, and what it does not know."""

import re
from pathlib import Path
from typing import Any

import pytest
from genicam.genapi import GenericException
from genicam.genapi import NodeMap as Reference

import camtwin
from camtwin.camera.description import interface
from camtwin.genicam.device import At
from camtwin.genicam.foreign import ForeignInvalid, read
from camtwin.genicam.foreign_features import ForeignFeature, features_of
from camtwin.genicam.node_map import NodeMap
from camtwin.models import SheetInvalid, load
from camtwin.planner import value_dump
from camtwin.planner.adopt import Adopted, Wanted, adopt
from camtwin.problem import Refused
from camtwin.twins import build
from unit.genicam.judge_adopt import Memory
from unit.genicam.small_camera import DESCRIPTION, VALUES, at, register

SET = {"Width.max": 1280, "Height.max": 1024, "fps": 50}


def written(folder: Path, document: str, **words: Any) -> tuple[str, Adopted]:
    wanted = {"name": "mine", "file": "camera.xml", "values": {}, "given": {}} | words
    found = adopt(document.encode(), Wanted(**wanted))
    (folder / "mine.toml").write_text(found.camera)
    (folder / "mine-sensor.toml").write_text(found.sensor)
    return str(folder / "mine.toml"), found


def test_an_adopted_camera_behaves_where_camtwin_knows_it_and_holds_the_rest(tmp_path: Path) -> None:
    sheet, found = written(tmp_path, DESCRIPTION, values=value_dump.parse(VALUES), given=SET)
    assert found.unknown == {}
    assert set(found.holds) == {
        "LampColour",
        "LampLevel",
        "LampOn",
        "LampHot",
        "LampName",
        "LampPower",
        "LampReset",
    }
    assert found.left_out == {
        "PixelFormat.Wild9": "camtwin has no such entry",
        "LampGone": "the camera does not implement it",
    }
    with camtwin.open(sheet, render=False) as cam:
        assert (cam.DeviceVendorName, cam.Width, cam.limits("Width"), cam.Gain) == (
            "Acme Optics",
            640,
            (16, 1280),
            6,
        )
        assert (cam.LampLevel, cam.limits("LampLevel"), cam.LampName, cam.LampOn) == (
            40,
            (0, 100),
            "front",
            True,
        )
        cam.LampColour = "Blue"
        cam.LampLevel = 70
        cam.LampColour = "Red"
        assert cam.LampLevel == 40
        cam.LampColour = "Blue"
        assert cam.LampLevel == 70
        with pytest.raises(Refused, match="read-only"):
            cam.LampHot = True
        cam.LampReset()
        cam.Width = 320
        frame = cam.grab()[0]
        assert (frame.settings.Width, frame.settings.Height) == (320, 1024)


def test_registers_are_where_the_description_says(tmp_path: Path) -> None:
    """A client with the camera's own description reads and writes the same values."""
    sheet, found = written(tmp_path, DESCRIPTION, values=value_dump.parse(VALUES), given=SET)
    twin = build(load(sheet))
    camera, registers = twin.camera, interface(twin.sheet).registers
    read_at = lambda address: int.from_bytes(registers.read(camera, address, 4), "big")  # noqa: E731
    assert (read_at(0x2_0000), read_at(0x2_0004), read_at(0x2_0010)) == (640, 1280, 0x01100005)
    registers.write(camera, 0x2_0034, (1).to_bytes(4, "big"))
    registers.write(camera, 0x2_0108, (55).to_bytes(4, "big"))
    assert (read_at(0x2_0100), read_at(0x2_0108)) == (40, 55)
    assert read_at(0x2_0040) == 1
    registers.write(camera, 0x2_0040, (2).to_bytes(4, "big"))  # the bit that is read-only stays
    assert read_at(0x2_0040) == 0
    assert registers.read(camera, 0x2_0200, 16) == b"front".ljust(16, b"\0")
    assert found.moved["ExposureTime"] == "a formula stands before its register"


def test_what_nobody_tells_is_unknown_until_it_is_accepted(tmp_path: Path) -> None:
    sheet, found = written(tmp_path, DESCRIPTION)
    assert found.unknown == {"Width": ("max",), "Height": ("max",), "readout.row_clocks": ("value",)}
    with pytest.raises(SheetInvalid, match=r"3 rows unknown, readout.row_clocks, .*--assume.*\(line \d+\)"):
        camtwin.open(sheet)
    with camtwin.open(sheet, render=False, assume=True) as cam:
        assert cam.limits("Width") == (16, 1936)
    accepted, _ = written(tmp_path, DESCRIPTION, assume=True)
    assert camtwin.open(accepted, render=False).limits("Height") == (1, 1216)


def test_a_similar_model_fills_what_the_description_leaves_open(tmp_path: Path) -> None:
    like = {"like": load("baumer-vcxg-124m"), "like_name": "baumer-vcxg-124m"}
    found = adopt(DESCRIPTION.encode(), Wanted(name="mine", file="c.xml", values={}, given={}, **like))
    assert (found.unknown, found.sensor) == ({}, "")
    (tmp_path / "mine.toml").write_text(found.camera)
    with camtwin.open(str(tmp_path / "mine.toml"), render=False) as cam:
        assert cam.limits("Width") == (16, 4096)
        assert not cam.has("LineSelector")


CUSTOM = re.compile(
    r'<(?:Integer|Float|Enumeration|Boolean|Command|String|Register) Name="(\w+)" NameSpace="Custom">'
)


def renamed(xml: str) -> tuple[str, list[str]]:
    """Return a twin's description as that of another maker: names, addresses, custom features."""
    custom = sorted(
        {name for name in CUSTOM.findall(xml) if f"<pFeature>{name}<" in xml and "Chunk" not in name}
    )
    for name in custom:
        xml = re.sub(rf"\b{name}(?=\b|_)", f"Acme{name}", xml)
    xml = re.sub(r'VendorName="[^"]*"', 'VendorName="Acme"', xml)
    xml = re.sub(r'ModelName="[^"]*"', 'ModelName="A1"', xml)
    moved = lambda m: f"<Address>{a + 0x40 * (a > 0xFFFF):#x}</Address>" if (a := int(m[1], 16)) else m[0]  # noqa: E731
    return re.sub(r"<Address>(0x[0-9a-f]+)</Address>", moved, xml), custom


def values_of(twin: Any, custom: list[str]) -> dict[str, Any]:
    """Return the values that a host reads, by the names that the description has now."""
    tree, camera, found = twin.camera.tree, twin.camera, {}
    for node in tree.here:
        f = node.feature
        if not (f.elsewhere or f.chunk or f.do or f.node == "Register"):
            value = tree.ask(node, "Value", At(camera.settings, camera, tree.key(camera.settings, node)))
            found["Acme" * (f.name in custom) + f.name] = int(value) if isinstance(value, bool) else value
    return found


def tree_of(xml: str) -> dict[str, ForeignFeature]:
    return features_of(NodeMap(read(xml.encode())))[0]


@pytest.mark.parametrize("model", ["baumer-vcxg-124m", "basler-aca4112-20um"])
def test_the_description_of_our_own_twin_gives_the_same_tree(tmp_path: Path, model: str) -> None:
    twin = build(load(model))
    xml, custom = renamed(twin.camera.xml)
    sheet, found = written(tmp_path, xml, values=values_of(twin, custom), assume=True)
    adopted = build(load(sheet))
    before, after = tree_of(xml), tree_of(adopted.camera.xml)
    assert after.keys() == before.keys()
    assert {*found.holds} == {f"Acme{name}" for name in custom}
    assert not found.left_out
    for name, now in after.items():
        was = before[name]
        same = ("kind", "visibility", "access", "by", "entries", "place", "unit", "chapter")
        assert {w: getattr(now, w) for w in same} == {w: getattr(was, w) for w in same}, name
        if name not in found.holds:
            assert (now.limits, now.planes) == (was.limits, was.planes), name
        else:  # limits that follow from other features are not known
            known = {which: limit for which, limit in was.limits.items() if limit is not None}
            assert {which: now.limits[which] for which in known} == pytest.approx(known), name


def values_in_reference(xml: str, twin: Any, names: list[str]) -> dict[str, Any]:
    nodes, port = Reference(), Memory(twin)
    nodes.load_xml_from_string(xml)
    nodes.connect(port, "Device")
    found: dict[str, Any] = {}
    for name in names:
        try:
            found[name] = nodes.get_node(name).value
        except GenericException as error:
            found[name] = str(error)
    nodes.disconnect()
    return found


def test_the_reference_reads_the_same_by_both_descriptions(tmp_path: Path) -> None:
    """The camera's own description, as clients cache it, and the twin's, on the twin's registers."""
    sheet, found = written(tmp_path, DESCRIPTION, values=value_dump.parse(VALUES), given=SET)
    twin = build(load(sheet))
    placed = [
        n
        for n in (*found.behaves, *found.holds)
        if n not in found.moved and not n.startswith(("Device", "Acq"))
    ]
    placed = [n for n in placed if n != "LampReset"]
    ours = values_in_reference(twin.camera.xml, twin, placed)
    assert ours == values_in_reference(DESCRIPTION, twin, placed)
    assert (ours["Width"], ours["PixelFormat"], ours["LampOn"]) == (640, "Mono12", True)
    assert len(ours) >= 9


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("<pFeature>Width</pFeature>", ""), "Width: the description has none; without it there is no twin"),
        (("<Visibility>", ""), ""),
        (('Name="PixelFormat"', 'Name="PixelLayout"'), "PixelFormat: the description has no such node"),
    ],
)
def test_what_a_twin_needs_is_named(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    document = DESCRIPTION.replace(*change)
    if not said:
        written(tmp_path, document)
        return
    with pytest.raises(ForeignInvalid, match=said):
        written(tmp_path, document)


def test_a_pfs_is_read_and_no_dump_is_refused() -> None:
    text = "# {05D8C294}\n# GenApi persistence file\nWidth\t640\nGainAuto\tOff\nGain{GainSelector=All}\t1.5\n"
    assert value_dump.parse(text) == {"Width": 640, "GainAuto": "Off", "Gain": 1.5}
    with pytest.raises(value_dump.ValuesInvalid, match="has no values"):
        value_dump.parse("nothing here")


def test_names_of_a_maker_fit_into_their_registers(tmp_path: Path) -> None:
    document = DESCRIPTION.replace('VendorName="Acme"', f'VendorName="{"é" * 99}"')
    sheet, _ = written(tmp_path, document, given=SET)
    assert camtwin.open(sheet, render=False).DeviceVendorName == "é" * 16


CHUNKS = (
    '<Category Name="Chunks"><pFeature>ChunkModeActive</pFeature><pFeature>ChunkSelector</pFeature>'
    "<pFeature>ChunkEnable</pFeature><pFeature>ChunkGain</pFeature><pFeature>ChunkWetness</pFeature></Category>"
    '<Boolean Name="ChunkModeActive"><pValue>ChunksReg</pValue></Boolean>'
    '<Enumeration Name="ChunkSelector"><EnumEntry Name="Gain"><Value>3</Value></EnumEntry>'
    '<EnumEntry Name="Wetness"><Value>4</Value></EnumEntry><pValue>ChunkReg</pValue>'
    "<pSelected>ChunkEnable</pSelected></Enumeration>"
    '<Boolean Name="ChunkEnable"><pValue>ChunkOnReg</pValue></Boolean>'
    '<Float Name="ChunkGain"><pValue>ChunkGainReg</pValue></Float>'
    '<Integer Name="ChunkWetness" NameSpace="Custom"><pValue>WetReg</pValue></Integer>'
    '<Port Name="GainPort"><ChunkID>a1</ChunkID></Port><Port Name="WetPort"><ChunkID>B2</ChunkID></Port>'
    + register("ChunksReg", at(0x2_0300))
    + register("ChunkReg", at(0x2_0304))
    + register("ChunkOnReg", at(0x2_0310) + "<pIndex Offset='4'>ChunkReg</pIndex>")
    + register("ChunkGainReg", at(0), "FloatReg", access="RO").replace("Device", "GainPort")
    + register("WetReg", at(4), length=2, access="RO").replace("Device", "WetPort")
)
CHUNKED = DESCRIPTION.replace('<Category Name="Lamp">', f'{CHUNKS}<Category Name="Lamp">').replace(
    "<pFeature>Lamp</pFeature>", "<pFeature>Lamp</pFeature><pFeature>Chunks</pFeature>"
)


@pytest.mark.parametrize("played", [False, True])
def test_a_chunk_that_camtwin_does_not_know_is_where_the_camera_has_it(tmp_path: Path, played: bool) -> None:
    sheet, found = written(tmp_path, CHUNKED, given=SET, played=played)
    assert not [name for name in found.left_out if "Chunk" in name]
    assert found.holds["ChunkWetness"] == "camtwin does not know it"
    assert ("ChunkGain" in found.holds, "ChunkGain" in found.behaves) == (played, not played)
    assert found.moved["ChunkGain"] == "its chunk has another layout than camtwin's"
    twin = build(load(sheet))
    now, was = tree_of(twin.camera.xml), tree_of(CHUNKED)
    for name in ("ChunkWetness", "ChunkGain")[: 1 + played]:
        assert (now[name].chunk, now[name].place, now[name].kind) == (
            was[name].chunk,
            was[name].place,
            was[name].kind,
        )
    assert (now["ChunkWetness"].chunk, now["ChunkGain"].chunk) == (0xB2, 0xA1)
    assert now["ChunkSelector"].entries == {"Gain": 3, "Wetness": 4}
    with camtwin.open(sheet) as cam:
        cam.ChunkModeActive = True
        cam.ChunkSelector = "Wetness"
        cam.ChunkEnable = True
        cam.Width, cam.Height = 16, 8
        frame = cam.grab()[0]
        assert cam.PayloadSize == len(frame.payload)
        assert [*(frame.chunks or {})] == [
            "Image"
        ]  # of its own, the twin sends no chunk that it does not know


TICK, EXPOSURE = 0x2_0028, 0x2_0024
"""Registers behind the formula of ExposureTime, which no feature of the twin owns."""


def test_registers_of_no_feature_hold_what_the_camera_had(tmp_path: Path) -> None:
    """A client with the camera's own description computes with them; nothing follows."""
    words = {"values": value_dump.parse(VALUES), "given": SET}
    contents = {TICK: (7).to_bytes(4, "big"), EXPOSURE: (300).to_bytes(4, "big"), 0x2_0000: b"xxxx"}
    sheet, found = written(tmp_path, DESCRIPTION, registers=contents, **words)
    assert found.unowned == 8
    twin = build(load(sheet))
    registers = interface(twin.sheet).registers
    assert registers.read(twin.camera, EXPOSURE, 8) == (300).to_bytes(4, "big") + (7).to_bytes(4, "big")
    assert values_in_reference(DESCRIPTION, twin, ["ExposureTime", "Width"]) == {
        "ExposureTime": 2100,
        "Width": 640,
    }
    assert "Registers_" not in twin.camera.xml
    assert tree_of(twin.camera.xml).keys() == tree_of(DESCRIPTION).keys()
    with pytest.raises(Refused, match="the register at 0x20028 is read-only"):
        registers.write(twin.camera, TICK, bytes(4))
    registers.write(twin.camera, EXPOSURE, (500).to_bytes(4, "big"))
    assert values_in_reference(DESCRIPTION, twin, ["ExposureTime"]) == {"ExposureTime": 3500}
    twin.camera.power_cycle()
    assert registers.read(twin.camera, EXPOSURE, 4) == (300).to_bytes(4, "big")


def test_registers_of_no_feature_are_hexadecimal_digits(tmp_path: Path) -> None:
    row = 'features.Odd = { holds = "Register", hidden = true, length = 4, default = "0102", source = "x" }'
    (tmp_path / "odd.toml").write_text(f'like = "baumer-vcxg-124m"\n{row}\n')
    with pytest.raises(SheetInvalid, match=r"Odd.default: must be 8 hexadecimal digits \(line 2\)"):
        camtwin.open(str(tmp_path / "odd.toml"))


LINES = (
    '<Category Name="Lines"><pFeature>LineSelector</pFeature><pFeature>LineFormat</pFeature>'
    "<pFeature>UserDefinedValue</pFeature><pFeature>Heat</pFeature></Category>"
    '<Enumeration Name="LineSelector"><EnumEntry Name="Line1"><Value>1</Value></EnumEntry><Value>1</Value>'
    "<pSelected>LineFormat</pSelected></Enumeration>"
    '<Enumeration Name="LineFormat"><EnumEntry Name="OptoCoupled"><Value>4</Value></EnumEntry>'
    "<pValue>FormatOfLine</pValue></Enumeration>"
    '<Integer Name="UserDefinedValue"><pValue>UserReg</pValue><Min>-2147483648</Min>'
    "<Max>2147483647</Max></Integer>"
    '<Float Name="Heat" NameSpace="Custom"><pValue>HeatReg</pValue></Float>'
    + register("FormatOfLine", at(0x2_0300))
    + register("UserReg", at(0x2_0301), more="<Sign>Signed</Sign>")
    + register("HeatReg", at(0x2_0308), "FloatReg")
)


def test_each_register_of_an_adopted_twin_can_be_read(tmp_path: Path) -> None:
    """Whatever the lengths, signs and entries are that the camera has for them."""
    lines = DESCRIPTION.replace('<Category Name="Lamp">', f'{LINES}<Category Name="Lamp">').replace(
        "<pFeature>Lamp</pFeature>", "<pFeature>Lamp</pFeature><pFeature>Lines</pFeature>"
    )
    sheet, _ = written(tmp_path, lines, given=SET)
    twin = build(load(sheet))
    registers = interface(twin.sheet).registers
    assert all(registers.read(twin.camera, at, each.length) for at, each in registers.at.items())
    with camtwin.open(sheet, render=False) as cam:
        assert (cam.LineFormat, cam.Heat, cam.UserDefinedValue) == ("OptoCoupled", 0, -(2**31))
        assert cam.limits("UserDefinedValue") == (-(2**31), 2**31 - 1)
        cam.UserDefinedValue = -7
        assert cam.UserDefinedValue == -7


def test_a_limit_that_the_register_cannot_hold_is_told(tmp_path: Path) -> None:
    row = 'features.Odd = { holds = "Float", min = -1e300, length = 4, source = "x" }'
    (tmp_path / "odd.toml").write_text(f'like = "baumer-vcxg-124m"\n{row}\n')
    said = r"Odd.min -1e\+300: its register holds -3.40282346639e\+38 to 3.40282346639e\+38 \(line 2\)"
    with pytest.raises(SheetInvalid, match=said):
        camtwin.open(str(tmp_path / "odd.toml"))


def test_sources_and_events_that_camtwin_does_not_know_do_nothing(tmp_path: Path) -> None:
    """A line's source has a name that only its maker has, and events are switched without a selector."""
    own = """
like = "baumer-vcxg-124m"
without = ["features.EventSelector", "features.LineSource"]
features.LineSource = { entries = { Off = 0, Magic = 1 }, source = "its XML" }
"""
    (tmp_path / "own.toml").write_text(own)
    with camtwin.open(str(tmp_path / "own.toml"), render=False) as cam:
        cam.EventNotification = "On"
        cam.LineSelector = next(iter(e for e in cam.entries("LineSelector") if "Line4" in e or "Line3" in e))
        cam.LineSource = "Magic"
        assert cam.grab()[0].frame_id == 1
        assert cam.events == []
