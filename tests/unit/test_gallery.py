"""The gallery's page is made, and shows what it says."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

TOOL = Path(__file__).parents[2] / "tools" / "gallery.py"


def test_some_pictures_of_the_gallery(tmp_path):
    names = ["strobe", "checker"]
    subprocess.run([sys.executable, TOOL, tmp_path, "--only", *names], check=True, timeout=100)
    page = (tmp_path / "index.html").read_text()
    assert [name in page for name in ("strobe.png", "checker.png", "bands.png")] == [True, True, False]
    rows = np.asarray(Image.open(tmp_path / "strobe.png")).mean(axis=(1, 2))
    lit = np.flatnonzero(rows > 60)
    assert 0.2 < lit.size / rows.size < 0.35  # 4.2 of 16.3 ms
    assert lit[-1] - lit[0] < 1.05 * lit.size
    checker = np.asarray(Image.open(tmp_path / "checker.png"))
    white, red = checker[-80, 50].astype(int), checker[-180, 275].astype(int)
    assert np.ptp(white) < 12
    assert red[0] > 1.5 * red[1]
