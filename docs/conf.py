"""Sphinx's settings for the site that `make docs` builds from a staged copy of these pages (tools/docs)."""

from __future__ import annotations

import re
from typing import Any

import camtwin

project = "camtwin"
author = "The camtwin authors"
release = version = camtwin.__version__
html_title = f"camtwin {release}"
copyright = "The camtwin authors, Apache License 2.0"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
root_doc = "docs/index"
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
pygments_style = "friendly"
nitpicky = False

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
copybutton_prompt_text = r"\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = False

default_role = "literal"
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": False}
add_module_names = False
python_use_unqualified_type_names = True

ROW = re.compile(r"^(\w+(?:, \w+)*)(?:  +)(\S.*)$")
MARKS = re.compile(r"(`[^`]*`)|([*|]|\b\w*_(?=\W|$))")


def escaped(line: str) -> str:
    """Escape what reStructuredText would take for markup; our docstrings mean it as it stands."""
    return MARKS.sub(
        lambda mark: mark[1] or mark[2].replace("*", r"\*").replace("|", r"\|").replace("_", r"\_"), line
    )


def rows_as_lists(
    _app: Any, _what: str, _name: str, _thing: object, _options: object, lines: list[str]
) -> None:
    """Show rows of `name  text`, in which our docstrings explain fields, as lists, and indented lines as code."""
    out: list[str] = []
    before = "text"
    for line in lines:
        row = ROW.match(line)
        if line.startswith(("..", ":", ">>>")):
            kind, made = "markup", line
        elif not line.strip():
            kind, made = ("" if before in ("text", "row") else before), line
        elif line.startswith(" ") and before == "row":
            kind, made = "row", f"  {escaped(line.strip())}"
        elif line.startswith(" "):
            kind, made = ("markup" if before == "markup" else "code"), line
        elif row:
            kind, made = "row", f"- **{row[1]}**: {escaped(row[2])}"
        else:
            kind, made = "text", escaped(line)
        if line.strip() and kind != before:
            out += ["", "::", ""] if kind == "code" else [""]
        out.append(made)
        before = kind or "text"
    lines[:] = out


def setup(app: Any) -> None:
    """Connect what prepares docstrings."""
    app.connect("autodoc-process-docstring", rows_as_lists)
