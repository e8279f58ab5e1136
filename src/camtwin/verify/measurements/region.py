"""Region, binning and mirrors: which pixels a picture shows."""

from __future__ import annotations

from camtwin.verify.case import Case
from camtwin.verify.measures import Value, measurement


@measurement("picture_side", heavy="pictures")
def picture_side(case: Case, feature: str, **features: Value) -> None:
    """A picture has the claim's columns (of Width) or rows (of Height)."""
    picture = case.open(features, render=True).grab()[0].picture
    case.equal("picture", picture.shape[feature == "Width"], case.claim.number)
