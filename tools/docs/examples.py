"""Pages of the examples: each folder's files as they stand."""

from __future__ import annotations

from pathlib import Path

LANGUAGES = {
    ".py": "python",
    ".toml": "toml",
    ".c": "c",
    ".cpp": "cpp",
    ".txt": "text",
    ".yaml": "yaml",
    ".Containerfile": "docker",
}


def write(folder: Path, examples: Path) -> None:
    """Write NAME.md of each folder of examples, and index.md."""
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for each in sorted(path for path in examples.iterdir() if path.is_dir()):
        names.append(each.name)
        lines = [f"# examples/{each.name}"]
        for file in sorted(
            path for path in each.rglob("*") if path.suffix in LANGUAGES and "__pycache__" not in path.parts
        ):
            lines += [
                "",
                f"## {file.relative_to(each)}",
                f"````{LANGUAGES[file.suffix]}",
                file.read_text(encoding="utf-8").rstrip(),
                "````",
            ]
        (folder / f"{each.name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    listed = "\n".join(names)
    (folder / "index.md").write_text(
        f"# Examples\n\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n", encoding="utf-8"
    )
