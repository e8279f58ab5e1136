"""EMVA 1288, linear cameras: from images alone to the numbers of a data sheet.

    light = (Step(mu_p, 0.004, shoot(mu_p)) for mu_p in photons)
    camera = characterize(Series([Step(0, 0.004, pair)], light))
    camera.sigma_d_e, camera.mu_e_sat, camera.DR_dB

The estimators, each with the standard error that follows from the number of pixels and images:

    temporal.py   sensitivity, linearity, noise, saturation (sections 2 and 6)
    dark.py       dark current over time and temperature (sections 3 and 7)
    spatial.py    DSNU and PRNU in rows, columns and pixels (sections 4 and 8)
    spectra.py    spectrograms and defect histograms (sections 4 and 8)
    errors.py     how errors of moments become errors of results

and the laboratory around them, from whatever gives images to a report:

    shots.py      shots of a camera, whose images are reduced to moments, colour by colour
    bench.py      the images of a twin
    folder.py     images in files, and the description that says how they were taken
    results.py    results of each channel
    console.py, page.py   reports for a terminal, for a browser

Source of the procedure and of the equation numbers: EMVA Standard 1288, release 4.0 Linear.
"""

from camtwin.emva1288.dark import DarkCurrent, dark_current
from camtwin.emva1288.errors import Value
from camtwin.emva1288.spatial import (
    Nonuniformity,
    Spatial,
    nonuniformity,
    spatial_variances_DN2,
)
from camtwin.emva1288.temporal import (
    Linearity,
    Sensitivity,
    characterize,
    saturation_by_clipping,
    saturation_by_variance,
    sensitivity,
)

__all__ = [
    "DarkCurrent",
    "Linearity",
    "Nonuniformity",
    "Sensitivity",
    "Spatial",
    "Value",
    "characterize",
    "dark_current",
    "nonuniformity",
    "saturation_by_clipping",
    "saturation_by_variance",
    "sensitivity",
    "spatial_variances_DN2",
]
