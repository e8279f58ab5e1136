"""The standard's reference implementation on a descriptor: prints what it finds as JSON, in its own names.

Run as a program of its own. It was written for numpy 1 and asks for two names that numpy 2 has dropped.
"""

from __future__ import annotations

import json
import sys
import warnings
from math import isfinite
from typing import Any

import numpy as np

NAMES = {
    "R": "R",
    "K": "K",
    "QE": "eta",
    "sigma_d": "sigma_d",
    "u_p_sat": "mu_p_sat",
    "u_e_sat": "mu_e_sat",
    "SNR_max_dB": "SNR_max",
    "DR_dB": "DR",
    "DSNU1288": "DSNU",
    "DSNU1288_row": "DSNU.row",
    "DSNU1288_col": "DSNU.col",
    "DSNU1288_pixel": "DSNU.pix",
    "PRNU1288": "PRNU",
    "PRNU1288_row": "PRNU.row",
    "PRNU1288_col": "PRNU.col",
    "PRNU1288_pixel": "PRNU.pix",
    "u_I_mean": "mu_I",
    "u_I_var": "mu_I_var",
}
"""Its names, and ours; units are the same."""


def number(said: Any) -> float:
    """Return a result as a number; some of them are methods."""
    return float(said if isinstance(said, (int, float, np.number)) else said())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    old: Any = np
    old.asfarray, old.int = (lambda values: np.asarray(values, float)), int
    from emva1288.process.data import Data1288  # pyright: ignore[reportMissingImports]
    from emva1288.process.loader import LoadImageData  # pyright: ignore[reportMissingImports]
    from emva1288.process.parser import ParseEmvaDescriptorFile  # pyright: ignore[reportMissingImports]
    from emva1288.process.results import Results1288  # pyright: ignore[reportMissingImports]

    loaded = LoadImageData(ParseEmvaDescriptorFile(sys.argv[1]).images)
    found: Any = Results1288(Data1288(loaded.data).data)
    said: list[tuple[str, Any]] = [(ours, getattr(found, theirs)) for theirs, ours in NAMES.items()]
    values = {ours: number(value) for ours, value in said}
    print(json.dumps({name: value if isfinite(value) else None for name, value in values.items()}))
