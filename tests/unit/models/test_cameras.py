"""The cameras of the package that are data alone: each opens, gives an image, and is what its source claims.

Those with a rig have tests of their own, and go through every command (`tests/unit/cli/test_every_model.py`).
"""

import pytest

import camtwin
from camtwin.models import has_rig, load, names
from camtwin.models.schema import CameraSheet
from camtwin.verify import claims, measures
from camtwin.verify.verdicts import measure

CAMERAS = [name for name in names() if not has_rig(name)]
HEAVY = ("rate:", "picture_size:")
"""Measurements that take frames of the whole sensor."""


def test_there_are_cameras_of_each_kind():
    sheets = [load(name) for name in names()]
    kinds = {(bool(s.parameters.cfa), s.sensor.shutter, s.link) for s in sheets}
    assert len(sheets) >= 15
    assert {(False, "Global", "usb3"), (True, "Global", "gige"), (True, "Rolling", "usb3")} <= kinds
    assert {(False, "Rolling", "gige"), (True, "Global", "usb3")} <= kinds
    assert len({s.vendor for s in sheets}) >= 7


def cited(sheet: CameraSheet) -> list[str]:
    """Return the rows of a sheet and its sensor that name a place in the document."""
    facts = [f for f in (*sheet.facts, *sheet.sensor.facts) if not f.assumed]
    return [f.path for f in facts if f.source.strip()]


@pytest.mark.parametrize("name", CAMERAS)
def test_a_camera_of_the_package_is_what_its_source_claims(name):
    sheet = load(name)
    assert "https://" in sheet.document
    assert "https://" in sheet.sensor.document
    assert len(cited(sheet)) >= 15
    with camtwin.open(name) as cam:
        cam.Width, cam.Height = 64, 32
        image = cam.grab()[0].image
        assert image is not None
        assert image.shape[:2] == (32, 64)
        assert image.min() < image.max()
    measures.load()
    quick = [c for c in claims.load(name).values() if measures.steps(c) and not c.measure.startswith(HEAVY)]
    assert len(quick) >= 5
    assert [(r.claim.id, r.reason) for r in measure(name, quick) if r.verdict != "pass"] == []
