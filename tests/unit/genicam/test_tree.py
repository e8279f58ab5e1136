"""One declaration, bound to a sheet: limits, locks, selectors, pulled values, sheets that do not fit."""

import copy
import pickle

import pytest

from camtwin.camera.links import GIGE, USB3
from camtwin.genicam import Chapter, SheetError, Tree, Writer, description
from camtwin.genicam.bound import NoSuchFeature
from camtwin.genicam.nodes import (
    Boolean,
    By,
    Command,
    Enumeration,
    Float,
    Integer,
    Selector,
    String,
    Time,
    sheet_value,
)
from camtwin.problem import Refused


class Small(Chapter):
    DeviceVendorName = String("Maker.", value=sheet_value)
    DeviceModelName = String("Model.", value=sheet_value)
    Size = Integer("Pixels there are.", value=sheet_value)
    Offset = Integer("Where it begins.", max=lambda Size, Length: Size - Length)
    Length = Integer(
        "How long it is.", min=1, max=lambda Size, Offset: Size - Offset, locked=lambda device: device.busy
    )
    Short = Boolean("Allows less.", default=False)
    Wait_ns = Time(
        "A time.", default=20, max=1e6, inc=1, min=lambda Short, usual_min: 0 if Short else usual_min
    )
    Rate = Float("A rate, if there is one.", default=2.0, min=0.5, max=100, available="Short")
    Pick = Selector("Which one.", "One Two Three")
    Level = Integer("Level of each.", max=9).per("Pick")
    Kind = Enumeration("Kind.", "A B C")
    Name = String("Name.", length=8)
    Go = Command("Goes.", do=lambda device: device.gone.append("go"))


ROWS = {
    "DeviceVendorName": {"value": "Maker"},
    "DeviceModelName": {"value": "Model-1"},
    "Size": {"value": 100},
    "Offset": {"inc": 10},
    "Length": {"min": 10, "max": 100, "inc": 10, "default": 100},
    "Short": {},
    "Wait": {"min": 1, "usual_min": 15, "max": 1000},
    "Rate": {},
    "Pick": {"entries": ["One", "Two"]},
    "Level": {},
    "Kind": {"entries": ["A", "C"]},
    "Name": {},
    "Go": {},
}


class Device:
    """A camera that takes whatever settings it is given, and remembers who gave them."""

    def __init__(self, tree: Tree) -> None:
        self.tree, self.settings = tree, tree.factory()
        self.busy, self.gone, self.writers, self.parts, self.written = False, [], [], {}, []

    def apply(self, new, /, *, by: Writer) -> None:
        self.settings = new
        self.writers.append(by)

    def wrote(self, name, shown, key) -> None:
        self.written.append((name, shown, key))


@pytest.fixture
def device():
    return Device(Tree(Small, ROWS, GIGE.dialect))


def test_factory_values_come_from_the_row_else_the_declaration(device):
    s = device.settings
    assert (s.Length, s.Offset, s.Wait_ns, s.Kind, dict(s.Level)) == (
        100,
        0,
        20_000,
        "A",
        {"One": 0, "Two": 0},
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Length=105", "Length 105 is above the maximum 100"),
        ("Length=5", "Length 5 is below the minimum 10"),
        ("Length=25", "Length 25 is not 10 plus a multiple of 10"),
        ("Wait=14", "Wait 14 us is below the minimum 15 us"),
        ("Wait=1e9", "Wait 1000000000 us is above the maximum 1000 us"),
        ("Wait=nan", "Wait 'nan': must be a number"),
        ("Kind=B", "Kind B is none of A, C"),
        ("Rate=3", "Rate is not available now"),
        ("Size=1", "Size is read-only"),
        ("Name=123456789", "Name '123456789': must have at most 8 bytes of text"),
        ("Name=fünfeur€", "Name 'fünfeur€': must have at most 8 bytes of text"),
        ("Short=maybe", "Short 'maybe': must be true or false"),
        ("Go=1", "Go=1: write Go alone, it is a command"),
        ("Length", "Length: write Length=VALUE"),
    ],
)
def test_refusals_name_the_thing_the_value_and_the_limit(device, text, message):
    before = device.settings
    with pytest.raises(Refused) as refused:
        device.tree.assign(device, text)
    assert str(refused.value) == message
    assert device.settings is before


def test_limits_move_with_what_they_depend_on(device):
    tree = device.tree
    tree.set(device, "Length", 40)
    tree.set(device, "Offset", 60)
    with pytest.raises(Refused, match="Length 50 is above the maximum 40"):
        tree.set(device, "Length", 50)


def test_values_are_pulled_into_limits_that_moved(device):
    tree = device.tree
    tree.assign(device, "Short=true")
    tree.set(device, "Wait", 2.4)
    assert device.settings.Wait_ns == 2_000  # on the step of 1 us
    tree.assign(device, "Short=false")
    assert device.settings.Wait_ns == 15_000


def test_locks_ask_the_camera(device):
    device.busy = True
    with pytest.raises(Refused, match="Length is locked now"):
        device.tree.set(device, "Length", 40)
    device.busy = False
    device.tree.set(device, "Length", 40)
    assert device.settings.Length == 40


def test_selected_features_have_a_value_an_entry(device):
    device.tree.assign(device, "Pick=Two")
    device.tree.assign(device, "Level=7")
    assert dict(device.settings.Level) == {"One": 0, "Two": 7}
    assert device.tree.shown(device.settings)["Level"] == {"One": 0, "Two": 7}


def test_commands_do_their_work_once(device):
    device.tree.assign(device, "Go")
    assert device.gone == ["go"]


def test_an_unknown_name_gets_a_near_one(device):
    with pytest.raises(NoSuchFeature, match="no feature Lenght; do you mean Length"):
        device.tree.assign(device, "Lenght=3")


class Circle(Chapter):
    A = Integer("Needs B.", value=lambda B: B)
    B = Integer("Needs A.", value=lambda A: A)


@pytest.mark.parametrize(
    ("chapter", "rows", "message"),
    [
        (Small, {**ROWS, "Wdith": {}}, "there are no features Wdith"),
        (Small, {**ROWS, "Length": {"mx": 3}}, "Length: no rule uses mx"),
        (Small, {**ROWS, "Wait": {"max": 5}}, "Wait needs a 'usual_min' in the data sheet"),
        (Small, {**ROWS, "Kind": {"entries": ["A", "Z"]}}, "Kind has no entry Z"),
        (Small, {k: v for k, v in ROWS.items() if k != "Size"}, "a rule of Offset needs Size"),
        (Circle, {"A": {}, "B": {}}, "rules depend on each other in a circle: B -> A -> B"),
    ],
)
def test_sheets_that_do_not_fit_are_refused_at_load(chapter, rows, message):
    with pytest.raises(SheetError, match=message):
        Tree(chapter, rows, GIGE.dialect)


def test_the_description_is_the_same_every_time_and_says_each_feature(device):
    text = description(device.tree)
    assert text == description(Tree(Small, ROWS, GIGE.dialect))
    for name in ROWS:
        assert f'Name="{name}"' in text
    assert '<EnumEntry Name="B"' not in text
    assert "<pMax>Offset_Max</pMax>" in text


class Pair(Small):
    Across = Integer("One of two.", default=1, min=1, max=4)
    Down = Integer("The other.", default=1, min=1, max=4)
    Most = Integer("Limited by it.", min=1, max=lambda Down: 8 // Down, default=8)


def test_joint_features_move_together_and_hosts_are_told():
    sheet = {
        **ROWS,
        "Across": {"max": 2, "joint": ["Down"]},
        "Down": {"max": 2, "joint": ["Across"]},
        "Most": {},
    }
    tree = Tree(Pair, sheet, USB3.dialect)
    device = Device(tree)
    tree.set(device, "Across", 2)
    assert (device.settings.Across, device.settings.Down, device.settings.Most) == (2, 2, 4)
    tree.set(device, "Down", 1)
    assert (device.settings.Across, device.settings.Down) == (1, 1)
    with pytest.raises(Refused, match="Across 3 is above the maximum 2"):
        tree.set(device, "Across", 3)
    assert (device.settings.Across, device.settings.Down) == (1, 1)
    assert "Across" in tree.stale(tree.nodes["Down"], "Value")
    assert "Down" in tree.stale(tree.nodes["Across"], "Value")
    assert {"Across", "Down"} <= tree.stale(tree.nodes["Most"], "Value")


def test_who_writes_is_told_to_the_device(device):
    device.tree.set(device, "Length", 20)
    device.tree.load(device, {"Length": 30}, by=Writer.USER_SET)
    assert device.writers == [Writer.HOST, Writer.USER_SET]


def test_values_by_entry_are_frozen_and_compare_and_copy_as_values():
    values = By({"Line1": 1, "Line2": 2})
    other = values.replace("Line2", 3)
    assert (dict(values), dict(other)) == ({"Line1": 1, "Line2": 2}, {"Line1": 1, "Line2": 3})
    assert values == By({"Line1": 1, "Line2": 2}) != other
    assert hash(values) == hash(By({"Line1": 1, "Line2": 2}))
    for again in (copy.copy(values), copy.deepcopy(values), pickle.loads(pickle.dumps(values))):
        assert (type(again), again) == (By, values)
    for change in (
        lambda: values.__setitem__("Line1", 9),
        lambda: values.update(Line1=9),
        lambda: values.pop("Line1"),
        lambda: values.setdefault("Line3", 9),
        lambda: values.__ior__({"Line1": 9}),
        values.popitem,
        values.clear,
    ):
        with pytest.raises(TypeError, match="frozen"):
            change()
    assert dict(values) == {"Line1": 1, "Line2": 2}
