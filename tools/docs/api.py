"""Pages of the Python API, made of docstrings."""

from __future__ import annotations

from pathlib import Path

MODULES = {
    "camtwin": ("Cameras in process", "camtwin.open and what it returns."),
    "camtwin.scene": ("Scenes", "Scenes as objects; [in words](../../scenes.md)."),
}
PAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "session": (
        "Cameras in process",
        (
            "autofunction:: camtwin.session.session.connect",
            "autoclass:: camtwin.session.session.Session",
            "autoclass:: camtwin.session.frame.Frame",
            "autoclass:: camtwin.twins.render.truth.Truth",
            "autoclass:: camtwin.session.surroundings.Surroundings",
            "autoexception:: camtwin.problem.Problem",
            "autoexception:: camtwin.problem.Refused",
            "autoexception:: camtwin.session.session.NoFrame",
            "autoexception:: camtwin.session.frame.NoImage",
        ),
    ),
    "sensors": (
        "Bare sensors and modules",
        (
            "autofunction:: camtwin.twins.bare.open_sensor",
            "autoclass:: camtwin.twins.bare.BareSensor",
            "autofunction:: camtwin.session.module.open_module",
            "autofunction:: camtwin.session.module.open_modules",
            "autoclass:: camtwin.twins.module.Module",
            "autoclass:: camtwin.twins.module.Carrier",
            "autofunction:: camtwin.twins.link.csi2_dump",
        ),
    ),
    "scene": ("Scenes", ("automodule:: camtwin.scene\n   :imported-members:",)),
    "testing": (
        "Cameras in tests",
        (
            "automodule:: camtwin.testing.twin",
            "automodule:: camtwin.testing.served",
            "automodule:: camtwin.testing.seen",
        ),
    ),
    "rig": (
        "Wiring plans and scenarios",
        (
            "automodule:: camtwin.rig\n   :imported-members:",
            "automodule:: camtwin.rig.bench.bench",
            "automodule:: camtwin.rig.scenario.steps",
        ),
    ),
    "planner": (
        "Lenses and rates",
        ("automodule:: camtwin.planner.lens", "automodule:: camtwin.planner.rates"),
    ),
    "emva1288": ("The laboratory", ("automodule:: camtwin.emva1288\n   :imported-members:",)),
    "isp": ("Image processing", ("automodule:: camtwin.isp\n   :imported-members:",)),
    "libsv": ("The sensor library", ("automodule:: camtwin.libsv\n   :imported-members:",)),
}


def write(folder: Path) -> None:
    """Write a page for each room that programs use: api/NAME.rst, and api/index.rst."""
    (folder / "api").mkdir(parents=True, exist_ok=True)
    for name, (title, directives) in PAGES.items():
        body = "\n\n".join(f".. {directive}" for directive in directives)
        (folder / "api" / f"{name}.rst").write_text(
            f"{title}\n{'=' * len(title)}\n\n{body}\n", encoding="utf-8"
        )
    names = "\n".join(f"   {name}" for name in PAGES)
    head = "Python API\n==========\n\nMade of docstrings. Examples are in the pages on each subject.\n"
    (folder / "api" / "index.rst").write_text(
        f"{head}\n.. toctree::\n   :maxdepth: 1\n\n{names}\n", encoding="utf-8"
    )
