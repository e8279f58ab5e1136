"""Plain English that no linter checks: docstrings and help texts with a main clause, names that say which."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path

import typer
from typer.core import TyperGroup

import camtwin
from camtwin.cli import app

SRC = Path(camtwin.__file__).parent
TESTS = Path(__file__).parents[1]
BARE = re.compile(r"(What|Of|Whose|Where)\b")
"""The beginning of a clause without a main clause."""
MAX_BARE = 20
LIMIT = re.compile(r"_?(MOST|LEAST)_")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def trees(root: Path) -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text()) for path in sorted(root.rglob("*.py"))}


def bare_docstrings(path: Path, tree: ast.Module) -> Iterator[str]:
    """Yield the docstrings of a file that begin with a bare clause, each with its place."""
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and BARE.match(text := ast.get_docstring(node) or ""):
            yield f"{path.name}:{node.body[0].lineno} {text.splitlines()[0]}"


def bare_help() -> Iterator[str]:
    """Yield the help texts of commands, arguments and options that begin with a bare clause."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    for name, command in {"camtwin": group, **group.commands}.items():
        texts = [command.help, *(getattr(parameter, "help", None) for parameter in command.params)]
        yield from (f"{name}: {text.splitlines()[0]}" for text in texts if text and BARE.match(text))


def names(tree: ast.Module) -> Iterator[str]:
    """Yield every name that a file uses or defines."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.alias(name=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(SRC.parent).with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.Module) -> set[str]:
    """Return the modules that a file imports, by their full names, with any names imported from them."""
    froms = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module]
    return {f"{n.module}" for n in froms} | {f"{n.module}.{alias.name}" for n in froms for alias in n.names}


def confusable(sources: dict[str, ast.Module]) -> list[str]:
    """Return the public classes of one name that lie in one folder, or that one module imports from."""
    homes = defaultdict[str, list[str]](list)
    for module, tree in sources.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(module)
    reach = [imported(tree) | {module} for module, tree in sources.items()]
    return [
        f"{name} of {one} and {other}"
        for name, modules in homes.items()
        for one, other in combinations(modules, 2)
        if one.rpartition(".")[0] == other.rpartition(".")[0] or any({one, other} <= near for near in reach)
    ]


def test_docstrings_and_help_texts_have_a_main_clause():
    everywhere = {**trees(SRC), **trees(TESTS)}
    bare = [text for path, tree in everywhere.items() for text in bare_docstrings(path, tree)]
    bare += bare_help()
    assert len(bare) <= MAX_BARE, "\n".join(bare)


def test_limits_are_called_max_and_min():
    for root in (SRC, TESTS):
        wrong = {
            f"{path.name}: {n}" for path, tree in trees(root).items() for n in names(tree) if LIMIT.match(n)
        }
        assert not wrong


def test_two_public_classes_within_reach_have_two_names():
    assert not confusable({module_of(path): tree for path, tree in trees(SRC).items()})


def test_a_bare_clause_and_a_second_class_of_a_name_are_found():
    bad = ast.parse('"""Of the frame."""\nclass Host:\n    "What it asks."\n    """Other."""')
    assert len([*bare_docstrings(Path("bad.py"), bad)]) == 2
    host, user = ast.parse("class Host: ..."), ast.parse("from a.b import Host\nfrom c.d import other")
    assert confusable({"a.b": host, "c.d": host, "e": user}) == ["Host of a.b and c.d"]
    assert confusable({"a.b": host, "c.d": host}) == []
    assert "MOST_BYTES" in {*names(ast.parse("from a import MOST_BYTES"))}
