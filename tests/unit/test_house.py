"""Rules of the house that no linter knows: what nobody asks for in a condition, and how little is Any."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import camtwin
from camtwin.verify import claims

ROOT = Path(camtwin.__file__).parent
LINK_FOLDERS = ("gev", "u3v", "ip", "gige", "usb3")
MAKERS = re.compile(r"baumer|basler|sony|framos|imx\d|vcxg|aca\d|(?-i:\bIDS\b)|^ids\b", re.IGNORECASE)
LINKS = re.compile(
    r"^(gige|usb3|u3v|GigE ?Vision|USB3 ?Vision|GigETiming|U3vTiming|NoLink|GigeLink|Usb3Link)$"
)
QUIRKS = ("twins/quirks/",)
OF_LINKS = ("links/kind.py", *(f"{room}/{link}/" for room in ("wire", "links") for link in LINK_FOLDERS))


def conditions(tree: ast.AST) -> Iterator[ast.AST]:
    """Whatever decides: tests of if, while, conditional expressions, filters and matches, and comparisons."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
            yield node.test
        elif isinstance(node, ast.comprehension):
            yield from node.ifs
        elif isinstance(node, ast.Match):
            yield node.subject
            yield from (case.pattern for case in node.cases)
            yield from (case.guard for case in node.cases if case.guard)
        elif isinstance(node, ast.Compare):
            yield node


def words(condition: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of each string and each name in a condition."""
    for node in ast.walk(condition):
        match node:
            case ast.Constant(value=str(text)):
                yield node.lineno, text
            case ast.Name(id=text) | ast.Attribute(attr=text) if text != "ids":  # of events and chunks
                yield node.lineno, text


def asked(text: str, names: re.Pattern[str]) -> list[tuple[int, str]]:
    """Lines of a source whose conditions name what they should not."""
    found = {word for condition in conditions(ast.parse(text)) for word in words(condition)}
    return sorted((line, word) for line, word in found if names.search(word))


def anywhere(names: re.Pattern[str], exempt: tuple[str, ...]) -> list[str]:
    return [
        f"{path}: line {line} asks for {word!r}"
        for file in sorted(ROOT.rglob("*.py"))
        if not (path := file.relative_to(ROOT).as_posix()).startswith(exempt)
        for line, word in asked(file.read_text(), names)
    ]


def test_nobody_asks_who_made_a_camera():
    assert anywhere(MAKERS, QUIRKS) == []


def test_measurements_know_no_row_no_maker_and_no_model():
    names = [*map(claims.family, claims.models()), *claims.models()]
    known = re.compile("|".join(rf"\b{re.escape(name)}" for name in names))
    found = [
        f"{file.name}: line {number}: {line.strip()}"
        for file in sorted((ROOT / "verify" / "measurements").glob("*.py"))
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if known.search(line) or MAKERS.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        'if sheet.vendor == "Basler": pass',
        'x = 1 if model.startswith("ids") else 2',
        'while name in ("IDS", "other"): pass',
        "match sensor:\n    case 'imx412': pass",
        "found = [m for m in models if m is BAUMER]",
        "wide = camera.maker != 'Sony Semiconductor'",
        "if isinstance(settings, Baumer): pass",
    ],
)
def test_a_maker_in_a_condition_is_found(text):
    assert asked(text, MAKERS)


@pytest.mark.parametrize("text", ['NAMES = {"Basler": 1}', "if ids[name] == 3: pass", 'x = row.get("ids")'])
def test_data_and_ids_are_no_conditions(text):
    assert not asked(text, MAKERS)


def test_nobody_asks_which_link_a_camera_is_on():
    assert anywhere(LINKS, (*QUIRKS, *OF_LINKS)) == []


@pytest.mark.parametrize(
    "text",
    [
        'if sheet.link == "gige": pass',
        "wide = 20 if isinstance(timing, GigETiming) else 8",
        "found = [link for link in links if isinstance(link, Usb3Link)]",
        "assert sheet.usb3",
        'match kind.title:\n    case "USB3 Vision": pass',
    ],
)
def test_a_link_in_a_condition_is_found(text):
    assert asked(text, LINKS)


def single_slots(text: str) -> list[int]:
    """Lines that put a callable where it takes the place of the one before: `camera.on_x = ...`."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute) and target.attr.startswith("on_")
        if not (isinstance(node.value, ast.Call) and "Subscribers" in ast.dump(node.value.func))
    ]


def test_whatever_is_told_of_has_subscribers():
    slots = {
        f"{file.relative_to(ROOT)}:{line}"
        for file in sorted(ROOT.rglob("*.py"))
        for line in single_slots(file.read_text())
    }
    assert slots == set()


def test_a_single_slot_is_found():
    assert single_slots("camera.on_exposure = lambda exposure: None\nself.on_x = Subscribers[int]()") == [1]


# -- types ---------------------------------------------------------------------------------------------
MAX_ANY = 60
KNOWN = {"device", "camera", "cam", "twin", "host", "link", "usb"}
"""Things that have a class or a protocol: none of them is Any."""


def untyped(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of each parameter and each attribute that is annotated as Any and no more."""
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name, annotation=ast.Name(id="Any")):
                yield node.lineno, name
            case ast.AnnAssign(
                target=ast.Name(id=name) | ast.Attribute(attr=name), annotation=ast.Name(id="Any")
            ):
                yield node.lineno, name


def test_few_things_are_any_and_none_that_has_a_type():
    found = [
        (file.relative_to(ROOT).as_posix(), line, name)
        for file in sorted(ROOT.rglob("*.py"))
        for line, name in untyped(ast.parse(file.read_text()))
    ]
    assert [f"{path}: line {line}: {name}" for path, line, name in found if name.lstrip("_") in KNOWN] == []
    assert len(found) <= MAX_ANY


@pytest.mark.parametrize(
    "text", ["def f(cam: Any): pass", "def f(**cam: Any): pass", "cam: Any = None", "self.cam: Any = one"]
)
def test_what_is_any_is_found(text):
    assert [name for _, name in untyped(ast.parse(text))] == ["cam"]
