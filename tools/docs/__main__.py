"""Build the documentation as a site: pages of docs/, and pages that are made of the program and its data sheets.

    python tools/docs build/docs [--gallery build/gallery]

The pages are staged in OUT/source, where links between docs, examples and the root's files hold as they do in
the repository. A warning is an error. The site in OUT/html needs no network: what it loads is part of it.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

import api
import commands
import examples
import sheets

ROOT = Path(__file__).parents[2]
FOREIGN = re.compile(
    r"""(?:<(?:script|img|iframe)\b[^>]*\bsrc|<link\b[^>]*\bhref|url\(|@import )\s*=?["'(\s]*(?:https?:)?//[^"')\s]+"""
)
FOLDERS = re.compile(r"\]\((\.\./(?:examples/[\w-]+|src/[\w./-]+))\)")
CANONICAL = re.compile(r'<link\b[^>]*\brel="(?:canonical|author|license)"[^>]*>')
ENTRY = '<!doctype html><meta charset="utf-8"><title>camtwin</title><meta http-equiv="refresh" content="0; url=docs/index.html"><a href="docs/index.html">camtwin</a>\n'


def within(link: re.Match[str]) -> str:
    """Return a link that a repository has to a folder or a source as one that a site has: a page, or a file."""
    path = ROOT / "docs" / link[1]
    if path.is_dir():
        return f"](reference/{path.resolve().relative_to(ROOT)}.md)"
    return f"](reference/{path.name})"


def stage(source: Path) -> None:
    """Copy what people wrote, and write what is made."""
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "docs", source / "docs")
    shutil.copytree(
        ROOT / "examples", source / "examples", ignore=shutil.ignore_patterns("__pycache__", ".*")
    )
    for page in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"):
        shutil.copy(ROOT / page, source)
    text = (ROOT / "changelog.d/README.md").read_text(encoding="utf-8")
    (source / "changelog.d").mkdir()
    (source / "changelog.d/README.md").write_text(f"---\norphan: true\n---\n{text}", encoding="utf-8")
    with (source / "docs/adr/README.md").open("a", encoding="utf-8") as decisions:
        decisions.write("\n```{toctree}\n:hidden:\n:glob:\n\n0*\n```\n")
    for page in (source / "docs").glob("*.md"):
        page.write_text(FOLDERS.sub(within, page.read_text(encoding="utf-8")), encoding="utf-8")
    with (source / "docs/index.md").open("r+", encoding="utf-8") as index:
        listed = index.read()
        if more := [
            p.stem
            for p in sorted((ROOT / "docs").glob("*.md"))
            if f"\n{p.stem}\n" not in f"\nindex\n{listed}"
        ]:
            index.write("\n".join(["", "```{toctree}", ":hidden:", ":caption: More", "", *more, "```", ""]))
    made = source / "docs" / "reference"
    examples.write(made / "examples", ROOT / "examples")
    for path in re.findall(
        r"\]\(\.\./(src/[\w./-]+)\)", "".join(p.read_text() for p in (ROOT / "docs").glob("*.md"))
    ):
        shutil.copy(ROOT / path, made)
    commands.write(made)
    sheets.write(made)
    api.write(made)


def foreign(html: Path) -> list[str]:
    """Return what pages load from elsewhere: nothing, or the site would need a network."""
    found = []
    for path in sorted([*html.rglob("*.html"), *html.rglob("*.css")]):
        text = CANONICAL.sub("", path.read_text(encoding="utf-8"))
        found += [f"{path.relative_to(html)}: {match[0]}" for match in FOREIGN.finditer(text)]
    return found


def main() -> int:
    """Build the site; return the exit code."""
    parser = argparse.ArgumentParser(description="Build the documentation as a site.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--gallery", type=Path, help="folder of a gallery, to become part of the site")
    given = parser.parse_args()
    source, html = given.out / "source", given.out / "html"
    stage(source)
    shutil.rmtree(html, ignore_errors=True)
    build = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going", "-j", "auto"]
    done = subprocess.run(
        [*build, "-c", str(source / "docs"), "-d", str(given.out / "doctrees"), str(source), str(html)]
    )
    if done.returncode:
        return done.returncode
    (html / "index.html").write_text(ENTRY, encoding="utf-8")
    if given.gallery:
        shutil.copytree(given.gallery, html / "gallery", dirs_exist_ok=True)
    if loads := foreign(html):
        print("the site loads from elsewhere:", *loads, sep="\n  ", file=sys.stderr)
        return 1
    print(f"{sum(1 for _ in html.rglob('*.html'))} pages: {html / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
