"""Breaks of the example project's code, one for each of its tests: the fault that the test is about.

A pytest plugin, `-p peers.example_breaks`: each test runs on code with its own fault, and has to fail. The
tests stay as they are; a name that they import from the code is the broken one while they run.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any, Final

import pytest

BREAKS: Final[dict[str, tuple[str, str, str]]] = {
    "test_the_camera_is_found_by_its_serial_number": (
        "station.py", "Aravis.get_device_serial_nbr(i)", "Aravis.get_device_physical_id(i)"
    ),
    "test_parameters_reach_the_camera_in_this_order": ("*", "for text in texts:", "for text in texts[::-1]:"),
    "test_each_trigger_gives_one_image[aravis]": (
        "station.py", "camera.software_trigger()", "[camera.software_trigger() for _ in range(2)]"
    ),
    "test_each_trigger_gives_one_image[viva]": (
        "station_viva.py", "camera.trigger_software()", "[camera.trigger_software() for _ in range(2)]"
    ),
    "test_chunk_data_say_how_each_image_was_exposed[aravis]": (
        "station.py", 'parser.get_float_value(buffer, "ChunkExposureTime")', "camera.get_exposure_time()"
    ),
    "test_chunk_data_say_how_each_image_was_exposed[viva]": (
        "station_viva.py", 'camera.chunk_features(image)["ChunkExposureTime"]', 'camera.get("ExposureTime")'
    ),
    "test_lost_packets_are_asked_for_again": (
        "*", '"resend": "--no-resend" not in words', '"resend": False'
    ),
    "test_the_station_connects_again_after_a_cable_was_pulled": (
        "*", "time.sleep(0.2)", "return [len(frames), 0]"
    ),
    "test_a_camera_that_is_too_hot_is_switched_off": ("inspector.py", '== "Exceeded"', '== "Error"'),
    "test_two_cameras_expose_in_step": ("inspector.py", '"On", "Line0"', '"Off", "Line0"'),
    "test_the_exposure_uses_the_scale_and_does_not_clip": (
        "inspector.py", "np.percentile(frame.image, 99)", "np.mean(frame.image)"
    ),
    "test_codes_are_read_though_they_move": ("inspector.py", "1e6 * BLUR_px", "1e7 * BLUR_px"),
    "test_a_pipeline_has_images_of_the_parameters": (
        "station_gstreamer.py", '''features="{" ".join(texts)}"''', '''features="{texts[0]}"'''
    ),
    "test_harvesters_finds_the_camera_and_its_parameters_reach_it": (
        "station_harvesters.py", "from_string(value)", "from_string(value) if name == 'Gain' else None"
    ),
    "test_harvesters_gives_one_image_for_each_trigger_with_its_chunk_data": (
        "station_harvesters.py", "node_map.ChunkExposureTime.value", "node_map.ExposureTime.value"
    ),
    "test_opencv_sees_twice_the_light_at_twice_the_exposure": (
        "station_opencv.py", "CAP_PROP_EXPOSURE, exposure", "CAP_PROP_EXPOSURE, 20"
    ),
}  # fmt: skip
"""By the test's name, with its parameter where it matters: file, text, and the text in its place; *: any."""


def broken(project: Path, folder: Path, test: str) -> Path:
    """Copy the project's code into `folder` with the break of a test; return the folder."""
    name, old, new = BREAKS.get(test) or BREAKS[test.partition("[")[0]]
    changed = 0
    for file in project.glob("*.py"):
        text = file.read_text()
        changed += name in ("*", file.name) and old in text
        folder.joinpath(file.name).write_text(text.replace(old, new) if name in ("*", file.name) else text)
    assert changed, f"{test}: {name} has no {old}"
    return folder


@pytest.fixture(autouse=True)
def _break(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put broken code in place of what the test's module has imported."""
    there = broken(request.config.rootpath, tmp_path, request.node.name)
    spec = importlib.util.spec_from_file_location("broken_inspector", there / "inspector.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "broken_inspector", module)
    spec.loader.exec_module(module)
    mine: dict[str, Any] = vars(request.module)
    for name in mine.keys() & vars(module).keys():
        if getattr(mine[name], "__module__", "") == "inspector":
            monkeypatch.setitem(mine, name, vars(module)[name])
