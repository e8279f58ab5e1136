"""A model's own spelling: hosts see its names and words, code and settings have the declared ones."""

import re

import pytest

from camtwin.camera.links import GIGE
from camtwin.genicam import Registers, SheetError, Tree, description
from camtwin.genicam.bound import NoSuchFeature
from camtwin.genicam.browse import choices
from camtwin.problem import Refused
from unit.genicam.test_tree import ROWS, Device, Small

SPELLED = ROWS | {
    "Pick": {"entries": ["One", "Two"], "name": "Choose", "words": {"Two": "Second"}},
    "Level": {"name": "Height"},
    "Kind": {"entries": ["A", "C"], "words": {"C": "Sea"}},
    "Length": {**ROWS["Length"], "name": "Long"},
}


def device():
    tree = Tree(Small, SPELLED, GIGE.dialect)
    return Device(tree)


def test_hosts_read_and_write_its_words_and_settings_hold_the_declared_ones():
    d = device()
    d.tree.assign(d, "Kind=Sea")
    d.tree.assign(d, "Choose=Second")
    d.tree.assign(d, "Height=7")
    assert (d.settings.Kind, d.settings.Pick, d.settings.Level["Two"]) == ("C", "Two", 7)
    assert [d.tree.get(d, name) for name in ("Kind", "Choose")] == ["Sea", "Second"]
    assert choices(d.tree, d, "Kind") == ("A", "Sea")
    for name, value, message in (
        ("Kind", "C", "Kind C is none of A, Sea"),
        ("Long", 101, "Long 101 is above the maximum 100"),
    ):
        with pytest.raises(Refused, match=message):
            d.tree.set(d, name, value)
    for gone in ("Pick", "Level", "Length"):
        with pytest.raises(NoSuchFeature):
            d.tree.find(gone)
    assert d.tree.declared["Pick"] is d.tree.find("Choose")


def test_rules_find_each_other_by_their_declared_names():
    d = device()
    d.tree.set(d, "Long", 40)
    d.tree.set(d, "Offset", 60)
    assert d.settings.Length == 40
    with pytest.raises(Refused, match="above the maximum 40"):
        d.tree.set(d, "Long", 50)


def test_registers_have_the_values_that_the_declaration_gives():
    d = device()
    registers, node = Registers(d.tree), d.tree.find("Kind")
    registers.write(d, node.address, (2).to_bytes(4, "big"))
    assert (d.settings.Kind, registers.read(d, node.address, 4)) == ("C", (2).to_bytes(4, "big"))


def test_the_description_has_no_other_spelling():
    xml = description(device().tree)
    assert not re.search(r'"(Pick|Level|Length|Two|C)["_]', xml)
    assert '<EnumEntry Name="Sea" NameSpace="Standard"><Value>2</Value>' in xml
    assert re.search(r"<pIndex Offset=\"\d+\">Choose_Value</pIndex>", xml)
    assert "<pSelected>Height</pSelected>" in xml
    assert "<pMax>Long_Max</pMax>" in xml


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"Kind": {"words": {"Z": "Sea"}}}, "Kind has no entry Z"),
        ({"Name": {"words": {"A": "B"}}}, "Name: no rule uses words"),
        ({"Name": {"name": "Kind"}}, "two features share a name: one of Kind"),
    ],
)
def test_spellings_that_fit_nothing(row, message):
    with pytest.raises(SheetError, match=message):
        Tree(Small, ROWS | row, GIGE.dialect)
