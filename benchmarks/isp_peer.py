"""The program of colour-demosaicing in its own Python: demosaics arrays, and gives another ColorChecker.

    python isp_peer.py

Reads lines of JSON, {"method", "input", "output"}, where method is a name of its Bayer methods and the files
are .npy: a float mosaic, RGGB, and the colours; or "chart", input the wavelengths in nm and output the
reflectances of BabelColor's chart, (24, wavelengths). Answers "done" to each; the first line it writes is
the version.
"""

import json
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")
import colour  # noqa: E402
import colour_demosaicing  # noqa: E402


def chart(nm: np.ndarray) -> np.ndarray:
    """Reflectances of BabelColor's chart, a mean of 30, at wavelengths in nm."""
    spectra = colour.SDS_COLOURCHECKERS["BabelColor Average"].values()
    return np.array([np.interp(nm, sd.wavelengths, sd.values) for sd in spectra])


def main() -> None:
    """Answer until the input ends."""
    print(colour_demosaicing.__version__, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        given = np.load(asked["input"])
        if asked["method"] == "chart":
            found = chart(given)
        else:
            found = getattr(colour_demosaicing, f"demosaicing_CFA_Bayer_{asked['method']}")(given, "RGGB")
        np.save(asked["output"], found)
        print("done", flush=True)


if __name__ == "__main__":
    main()
