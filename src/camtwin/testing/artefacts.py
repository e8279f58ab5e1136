"""Artefacts of a failed test: what each camera saw, a timing diagram, its last frames.

DIR/test_file.py--test_name/
    cam.txt            what reached the camera, and its moments, in the order of time
    cam.journal.jsonl  its journal, for `camtwin replay`; of served twins
    cam.pcap           its network, for Wireshark; of served twins on a network
    timing.svg         exposures, readouts, transfers and lines
    cam-0001.tiff      the last frames that left it, by number
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from camtwin.files import save
from camtwin.report.canvas import encode
from camtwin.rig.scenario.diagram import diagram
from camtwin.testing.twin import TwinInTest

MAX_NAME: Final = 120


def folder_of(root: Path, node_id: str) -> Path:
    """Return a test's folder below `root`: its name in letters that every file system takes."""
    return root / re.sub(r"[^\w.=,-]+", "--", node_id).strip("-")[-MAX_NAME:]


def keep(folder: Path, twins: Sequence[TwinInTest], recorded: Path | None) -> list[Path]:
    """Write what is known of these twins, which have ended; return the files.

    recorded  a folder of journals and captures, which are copied
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    stages = {id(twin.stage): twin.stage for twin in twins}
    for number, stage in enumerate(stages.values()):
        files.append(folder / (f"timing{number + 1}.svg" if number else "timing.svg"))
        files[-1].write_bytes(encode(diagram(stage), ".svg"))
    for twin in twins:
        files.append(folder / f"{twin.name}.txt")
        injected = [f"injected: {each}" for each in twin.stage.injections]
        files[-1].write_text("\n".join([*injected, *twin.problems, *twin.seen.lines(), ""]))
        files += last_frames(folder, twin)
    for file in sorted(recorded.iterdir()) if recorded else ():
        files.append(folder / file.name)
        shutil.copyfile(file, files[-1])
    return files


def last_frames(folder: Path, twin: TwinInTest) -> list[Path]:
    """Render the last frames that left a twin into files."""
    files: list[Path] = []
    for exposure in [each for each in list(twin.last) if each.has_image]:
        files.append(folder / f"{twin.name}-{exposure.frame_id:04}.tiff")
        about = {"frame_id": exposure.frame_id, "timestamp_ns": exposure.timestamp_ns, "seed": twin.seed}
        save(files[-1], twin.session.twin.image(exposure), exposure.pixel_format.bits, about)
    return files
