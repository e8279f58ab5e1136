"""Formulas of descriptions: GenApi's grammar in int64 and double, unknown values, and what is no formula."""

import math

import pytest
from genicam.genapi import AbstractPort, EAccessMode, NodeMap

from camtwin.genicam.formula import FormulaInvalid, evaluate

WHOLE = {
    "7/2": 3, "-7/2": -3, "7%3": 1, "-7%3": -1, "2**10": 1024, "1<<4|3": 19, "0xFF&0x0F": 15, "~0": -1,
    "1+2*3-4": 3, "(1+2)*3": 9, "2>1&&1>2": 0, "3<>4": 1, "3=3": 1, "X>5?10:20": 10, "X<5?1:(X<7?2:3)": 3,
    "5^1": 4, "-(-3)": 3, "X=8?X*2:0": 16, "10-2-3": 5, "2*3%4": 2, "X-1>>1": 8, "2**3**2": 64,
    "1|2=2": 0, "1||0&&0": 0, "1?0:1?2:3": 3, "1+2&4": 1, "6^2*3": 12, "2**1<<2": 8,
    "9223372036854775807+1": -(2**63), "0x7FFFFFFFFFFFFFFF": 2**63 - 1,
}  # fmt: skip
REAL = {
    "7/2": 3.5, "1.5e3+0.5": 1500.5, "SQRT(16)+ABS(-2)": 6.0, "2**0.5": math.sqrt(2), "ROUND(2.456,2)": 2.46,
    "TRUNC(-2.7)": -2.0, "FLOOR(-2.1)": -3.0, "CEIL(2.1)": 3.0, "SGN(-9)": -1.0, "NEG(4)": -4.0,
    "LG(1000)": 3.0, "LN(E)": 1.0, "COS(PI)": -1.0, "X/3>2.6&&X<9?1.25:0": 1.25, "-X+1": -7.0,
}  # fmt: skip
DESCRIPTION = """<?xml version="1.0"?><RegisterDescription ModelName="M" VendorName="V"
 StandardNameSpace="None"
 SchemaMajorVersion="1" SchemaMinorVersion="1" SchemaSubMinorVersion="0" MajorVersion="1" MinorVersion="0"
 SubMinorVersion="0" ToolTip="" ProductGuid="11111111-1111-1111-1111-111111111111"
 VersionGuid="11111111-1111-1111-1111-111111111112" xmlns="http://www.genicam.org/GenApi/Version_1_1">
<Category Name="Root"><pFeature>Eight</pFeature></Category><Integer Name="Eight"><Value>8</Value></Integer>{}
<Port Name="Device"/></RegisterDescription>"""


class Nothing(AbstractPort):
    """A port that holds zeros."""

    def get_access_mode(self):
        return EAccessMode.RW

    def read(self, address: int, length: int) -> bytes:  # pyright: ignore[reportIncompatibleMethodOverride]
        return bytes(length)


def test_formulas_have_the_values_of_the_reference() -> None:
    knives, wanted = "", {}
    for kind, formulas in (("IntSwissKnife", WHOLE), ("SwissKnife", REAL)):
        for number, text in enumerate(formulas):
            safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            variable = '<pVariable Name="X">Eight</pVariable>'
            name = f"{kind}{number}"
            knives += f'<{kind} Name="{name}">{variable}<Formula>{safe}</Formula></{kind}>'
            wanted[name] = evaluate(text, {"X": 8}, whole=kind == "IntSwissKnife")
    nodes = NodeMap()
    nodes.load_xml_from_string(DESCRIPTION.format(knives))
    port = Nothing()
    nodes.connect(port, "Device")
    read = {name: nodes.get_node(name).value for name in wanted}
    nodes.disconnect()
    assert wanted == pytest.approx(read, rel=1e-12)
    assert {text: evaluate(text, {"X": 8}, whole=True) for text in WHOLE} == WHOLE
    assert {text: evaluate(text, {"X": 8}, whole=False) for text in REAL} == pytest.approx(REAL)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("X+1", None),
        ("1?2:X", 2),
        ("0?X:3", 3),
        ("X?1:2", None),
        ("0&&X", 0),
        ("1||X", 1),
        ("1&&X", None),
        ("1/0", None),
    ],
)
def test_unknown_values_spread_only_where_they_decide(text: str, value: int | None) -> None:
    assert evaluate(text, {"X": None}, whole=True) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("__import__('os')", "is no part of a formula"),
        ("X.real", "is no variable of it"),
        ("1+", "is no value"),
        ("(1", "must"),
        ("1 2", "nothing can follow"),
        ("(" * 100 + "1" + ")" * 100, "nested more than 64"),
        ("1?" * 100 + "1" + ":1" * 100, "nested more than 64"),
        ("1+" * 3000 + "1", "at most 4096"),
        ("", "its end"),
    ],
)
def test_what_is_no_formula_is_told_in_a_line(text: str, said: str) -> None:
    with pytest.raises(FormulaInvalid, match=said) as refused:
        evaluate(text, {"X": 1}, whole=True)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 200
