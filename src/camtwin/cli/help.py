"""The help that `--help` and `-h` print: options and commands in groups, and examples at its end.

Typer prints groups and examples only with rich's boxes, which break on narrow terminals; these classes print
them as plain text, as wide as the terminal up to 80 columns.
"""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from typer.core import TyperCommand, TyperGroup

from camtwin.numbers import finite

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter

RUN, LOOK, IMAGES, CHECK = "Run cameras", "Look at models", "Make images", "Plan and check"
OPTIONS: Final = "Options"
NARROW: Final = 60
"""Columns below which the text of an option stands on lines of its own."""
WORDS: Final = re.compile(r"""(?:'[^']*'|"[^"]*"|\S)+""")
"""A shell's words, which stay whole where they are quoted."""
Rows = list[tuple[str, str]]


def wrapped(example: str, width: int) -> list[str]:
    """Break a command line so that a shell still takes it as one, and a comment at its words.

    >>> wrapped("camtwin snap ids-imx412 -o a.png", 26)
    ['camtwin snap ids-imx412 \\\\', '    -o a.png']
    """
    if example.startswith("#"):
        return textwrap.wrap(example, width, subsequent_indent="# ")
    lines = [""]
    for word in WORDS.findall(example):
        if lines[-1].strip() and len(lines[-1]) + len(word) > width - 3:  # a space before it, ` \` behind it
            lines.append("   ")
        lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def _write(formatter: HelpFormatter, parts: dict[str, Rows]) -> None:
    """Write headings with their rows."""
    for heading, rows in parts.items():
        with formatter.section(heading):
            formatter.write_dl(rows, col_max=30 if formatter.width >= NARROW else 8)


def _bounds(text: str) -> str:
    """Write the bounds of a number as people do; one that nobody reaches is left out.

    >>> _bounds("Number of images.  [default: 1; x>=1]"), _bounds("[0<=x<=18446744073709551615]")
    ('Number of images.  [default: 1; at least 1]', '')
    """
    text = re.sub(r"\bx>=([\d.]+)(?=\]$)", r"at least \1", text)
    low, high = ((found := re.search(r"([\d.]+)<=x<=([\d.]+)\]$", text)) and found.groups()) or ("", "")
    if found:
        bounds = f"{low} to {high}" if float(high) < 1 << 53 else ""
        text = f"{text[: found.start()]}{bounds}]"
    return re.sub(r"(\s*\[|; )\]$", lambda end: "]" if end[1] == "; " else "", text)


def sections(command: TyperCommand | TyperGroup, ctx: Context) -> dict[str, Rows]:
    """Return the headings of a command's arguments and options, with the name and the text of each."""
    found: dict[str, Rows] = {}
    for param in command.get_params(ctx):
        if record := param.get_help_record(ctx):
            if param.param_type_name == "argument":
                heading, record = "Arguments", (record[0].partition("...")[0].partition(" ")[0], record[1])
            else:
                heading = getattr(param, "rich_help_panel", None) or OPTIONS
            found.setdefault(heading, []).append((record[0], _bounds(record[1])))
    return dict(sorted(found.items(), key=lambda part: part[0] == OPTIONS))


def subcommands(group: TyperGroup, ctx: Context) -> dict[str, dict[str, TyperCommand]]:
    """Return the headings of a group's commands, with the commands by name."""
    found: dict[str, dict[str, TyperCommand]] = {heading: {} for heading in (RUN, LOOK, IMAGES, CHECK)}
    for name in group.list_commands(ctx):
        if command := group.get_command(ctx, name):
            heading = getattr(command, "rich_help_panel", None) or "Commands"
            found.setdefault(heading, {})[name] = command  # type: ignore[assignment]  (typer registers no other)
    return {heading: commands for heading, commands in found.items() if commands}


def _write_options(command: TyperCommand | TyperGroup, ctx: Context, formatter: HelpFormatter) -> None:
    _write(formatter, sections(command, ctx))


def _write_examples(formatter: HelpFormatter, examples: Iterable[str]) -> None:
    with formatter.section("Examples"):
        for example in examples:
            for line in wrapped(example, formatter.width - formatter.current_indent):
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")


def _fit(formatter: HelpFormatter) -> None:
    """Have the help as wide as the terminal, from 22 to 80 columns."""
    formatter.width = max(min(shutil.get_terminal_size().columns, 80) - 2, 20)


class HelpCommand(TyperCommand):
    """A command whose options stand in groups; its epilog is examples, one a line, and `#` comments."""

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the help."""
        _fit(formatter)
        super().format_help(ctx, formatter)

    def invoke(self, ctx: Context) -> object:
        """Run the command if each number of its options is finite."""
        for param in self.params:
            finite(ctx.params.get(param.name or ""), param.opts[0])
        return super().invoke(ctx)

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """Return the words of the usage line, arguments as MODEL and not as {MODEL}."""
        return [piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write arguments and options, by their `rich_help_panel`."""
        _write_options(self, ctx, formatter)

    def format_epilog(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the examples."""
        if self.epilog:
            _write_examples(formatter, self.epilog.splitlines())


class HelpGroup(TyperGroup):
    """A command with subcommands, which stand in groups with their whole first sentences."""

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the help."""
        _fit(formatter)
        super().format_help(ctx, formatter)

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the options, then the commands, by their `rich_help_panel`."""
        _write_options(self, ctx, formatter)
        _write(
            formatter,
            {
                heading: [(name, command.get_short_help_str(999)) for name, command in commands.items()]
                for heading, commands in subcommands(self, ctx).items()
            },
        )

    def format_epilog(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the examples."""
        if self.epilog:
            _write_examples(formatter, self.epilog.splitlines())
