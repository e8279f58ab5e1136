"""The README's commands work, and the files that it names exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import warm

ROOT = Path(__file__).parents[2]
PAGES = {
    path: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
}
TEXT = "\n".join(PAGES.values())


def outputs(page: str, capsys) -> list[str]:
    """Run the Python examples of a page, each by itself, and return what they print."""
    printed = []
    for example in re.findall(r"```python\n(.*?)```", PAGES[ROOT / page], re.S):
        exec(compile(example, page, "exec"), {})
        printed.append(capsys.readouterr().out)
    return printed


def test_python_examples_run(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    (frames,), (wires,), (volts,) = (
        outputs(page, capsys) for page in ("README.md", "docs/python.md", "docs/rigs.md")
    )
    assert frames.startswith("(3000, 4096) ")
    assert wires.startswith("[(100700, True), (4137700, False), (200100700, True)")  # 97.7 us, t_ON of 3 us
    assert wires.endswith(" []\n")  # no trigger was skipped
    assert volts.splitlines() == ["23.99 V, 7.71 mA, True", "{'undervoltage'} 0.0"]


def test_links_lead_somewhere():
    for page, text in PAGES.items():
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", text):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_readme_leads_to_every_page():
    led = {
        page.parent / target for page, text in PAGES.items() for target in re.findall(r"\]\(([^)#]+)\)", text)
    }
    assert PAGES.keys() - {path.resolve() for path in led} == {ROOT / "README.md"}


def test_commands_exist():
    named = set(re.findall(r"camtwin ([a-z]+) (?:baumer|basler|ids|--|emva|examples)", TEXT))
    assert named >= {"run", "snap", "show", "verify", "wiring", "play", "lens", "lab", "exec"}
    for command in named:
        assert warm.run(command, "--help").returncode == 0, command
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(re.search(rf"^{name}:", targets, re.M) for name in re.findall(r"make ([a-z-]+)[ `]", TEXT))


def test_what_verify_says_is_what_it_says(monkeypatch):
    ((command, said),) = re.findall(r"```\n\$ camtwin (verify [^\n]*)\n(.*?)```", TEXT, re.S)
    monkeypatch.setenv("COLUMNS", "100")
    done = warm.run(*command.split())
    assert said
    assert done.stdout.startswith(said)


def test_what_the_laboratory_says_is_what_it_says(monkeypatch):
    ((command, said),) = re.findall(r"```\n\$ camtwin (lab emva [^\n]*)\n(.*?)```", TEXT, re.S)
    monkeypatch.setenv("COLUMNS", "80")
    done = warm.run(*command.split())
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert said.splitlines()
    assert all(line in lines for line in said.splitlines())


def test_a_bare_import_is_light():
    """Numpy, numba and the rest come when something is asked for: `import camtwin` costs next to nothing."""
    ask = "import sys, camtwin; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert "camtwin" in done.stdout.split()
    assert not {"cv2", "numba", "numpy", "pydantic", "typer"} & set(done.stdout.split())
