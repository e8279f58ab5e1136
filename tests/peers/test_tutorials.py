"""The first page, and the tutorial that needs a stock client, do what they say, as written, with Aravis."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from peers.netns import CAMTWIN, SYSTEM_PYTHON, Namespace, RunningTwin
from walkthrough import BLOCK, NAMED, Walk

DOCS = Path(__file__).parents[2] / "docs"


def test_five_minutes_to_an_image_in_aravis(tmp_path):
    blocks = BLOCK.findall((DOCS / "index.md").read_text(encoding="utf-8"))
    commands = [line for language, text in blocks if language == "sh" for line in text.splitlines()]
    assert "camtwin run baumer-vcxg-124m" in commands
    (program,) = (text for _, text in blocks if NAMED.match(text))
    (tmp_path / "aravis_image.py").write_text(program, encoding="utf-8")
    with Namespace() as net, RunningTwin(net, CAMTWIN, "--scene", "chart"):
        tools = [line.split() for line in commands if line.startswith("arv-tool")]
        found, wrote, values = (net.run(*words).stdout for words in tools)
        assert "Baumer-VCXG-124M" in found
        assert re.findall(r"(Width|Height|ExposureTime) = (\d+)", wrote) == [
            ("Width", "1024"),
            ("Height", "768"),
            ("ExposureTime", "2500"),
        ]
        assert re.search(r"'ExposureTime' = 2500\b", values)
        assert "Width" in net.arv_tool("control", "Width=1000")
        done = net.run(SYSTEM_PYTHON, "aravis_image.py", cwd=tmp_path)
    assert done.stdout == "success 1\n"
    image = (tmp_path / "image.pgm").read_bytes()
    assert image.startswith(b"P5 1024 768 255\n")
    assert len(image) == 16 + 1024 * 768
    assert len(set(image[16:])) > 100


@pytest.mark.timeout(180)
def test_losing_packets(tmp_path):
    with Namespace() as net:
        walk = Walk(DOCS / "tutorials" / "losing-packets.md", tmp_path, prefix=net.prefix).begin()
    assert walk.ran == {"file": 2, "python": 0, "command": 1}
