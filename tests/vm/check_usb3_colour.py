"""The Linux kernel attaches the twin of a colour camera, and stock Aravis streams its formats in the guest.

`make test-vm`, as check_usb3.py.
"""

from __future__ import annotations

import hashlib
import json
import re

import pytest

from peers.netns import HERE as PEERS
from peers.pictures import diagonal
from peers.usb import UsbTwin
from vm.machine import HERE, PACE, boot, disk

SECONDS = 240


@pytest.fixture(scope="module")
def said() -> list[str]:
    disk()
    with UsbTwin(*PACE, model="ids-imx412") as twin:
        script = (PEERS / "aravis_grab.py").read_text()
        job = f"set -- {twin.port} 1409\ncat >/tmp/grab.py <<'END'\n{script}\nEND\n"
        lines = boot(job + (HERE / "job_colour").read_text(), SECONDS, lambda _: None)
    print("\n".join(lines))
    return [line.removeprefix("== ") for line in lines if line.startswith("== ")]


@pytest.mark.timeout(1500)
def test_the_kernel_enumerates_it(said):
    assert "attached" in said
    assert "lsusb 4 endpoints, 0 complaints" in said
    assert any(re.match(r"listed IDS.*1409\w+-41\d{8} \(USB3\)", line) for line in said)


@pytest.mark.parametrize(("run", "pixel_format"), [("ten", "BayerGR10g40IDS"), ("twelve", "BayerGR12g24IDS")])
def test_aravis_gets_the_golden_bytes(said, run, pixel_format):
    (text,) = (line.removeprefix(f"{run} ") for line in said if line.startswith(f"{run} "))
    got = json.loads(text)
    wanted = hashlib.sha256(diagonal(pixel_format, 4056, 304)).hexdigest()
    assert [frame["status"] for frame in got["frames"]] == ["success"] * 5
    assert [frame["id"] for frame in got["frames"]] == list(range(5))
    assert [frame["sha256"] for frame in got["frames"]] == [wanted] * 5


def test_the_kernel_has_nothing_to_complain_of(said):
    assert said[-1] == "end"
    assert not [line for line in said if line.startswith("dmesg")]
