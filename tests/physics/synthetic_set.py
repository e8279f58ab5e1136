"""A folder of images of a camera that shares no line with ours, and what is true of it.

The parameters are drawn from a seed, so that nothing but the images tells them. The description is typed
here after docs/emva1288.md, and not written by the code that reads it.
"""

from dataclasses import dataclass, replace
from math import log10, sqrt
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from unit.emva1288.synthetic import PIXELS, Camera, Truth, clipped_share

EXPOSURE_s = 0.01
STACK = 24
DARK_IMAGES = 16
TIMES_s = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
TEMPERATURES_C = (25.0, 35.0, 45.0)
SPECTRUM = {450.0: 0.7, 650.0: 0.4}
"""Efficiency at other wavelengths, as a share of that at the first."""
GREEN_nm = 530.0


@dataclass(frozen=True)
class Hidden:
    """A camera's truth, and by how many kelvins its dark current doubles."""

    truth: Truth
    doubling_K: float

    @classmethod
    def drawn(cls, seed: int) -> "Hidden":
        rng = np.random.default_rng([seed, 8])
        K = float(np.exp(rng.uniform(np.log(0.15), np.log(1.5))))
        truth = Truth(
            K=K,
            sigma_d=float(rng.uniform(1.2, 6) * max(1.0, 0.6 / K)),
            eta=float(rng.uniform(0.2, 0.9)),
            offset=float(rng.uniform(60, 200)),
            dsnu=float(rng.uniform(0.8, 3) * max(1.0, 0.5 / K)),
            dsnu_column=float(rng.uniform(0.5, 1) * max(1.0, 0.5 / K)),
            prnu=float(rng.uniform(0.004, 0.012)),
            dark=float(rng.uniform(20, 60)),
        )
        return cls(truth, float(rng.uniform(5, 9)))

    def at(self, degrees: float) -> Truth:
        """With the dark current of a temperature; the first is where it is stated."""
        factor = 2 ** ((degrees - TEMPERATURES_C[0]) / self.doubling_K)
        return replace(self.truth, dark=self.truth.dark * factor)


def wrote(folder: Path, hidden: Hidden, seed: int) -> dict[str, float]:
    """Write the set; what is true of the camera by the names of the figures, in their units."""
    t, camera = hidden.truth, Camera(hidden.truth, seed)
    steps: list[str] = []

    def shoot(part: str, mu_p: float, images: int, exposure_s: float = EXPOSURE_s, **more: float) -> None:
        names = []
        for image in camera.shoot(mu_p, images, exposure_s):
            kind = ("tif", "png", "npy")[len(names) % 3]
            names.append(f"{len(steps)}-{len(names)}.{kind}")
            _write(folder / names[-1], image)
        lines = {"for": repr(part), "photons": mu_p, "exposure_s": exposure_s, "images": names, **more}
        steps.append("[[step]]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items()))

    shoot("light", 0.0, DARK_IMAGES)
    for mu_p in camera.photons().tolist():
        shoot("light", mu_p, 2, wavelength_nm=GREEN_nm)
    shoot("stack", 0.0, STACK)
    half = t.clip_e / t.eta / 2
    shoot("stack", half, STACK, wavelength_nm=GREEN_nm)
    for nm, share in SPECTRUM.items():
        camera.truth = replace(t, eta=t.eta * share)
        shoot("spectrum", half, 2, wavelength_nm=nm)
    for degrees in TEMPERATURES_C:
        camera.truth = hidden.at(degrees)
        for time_s in TIMES_s:
            shoot("dark current", 0.0, 2, time_s, temperature_C=degrees)
    text = f'format = 1\ncamera = "hidden"\nbits = {t.bits}\n' + "".join(steps)
    (folder / "emva1288.toml").write_text(text)
    return true_of(hidden)


def true_of(hidden: Hidden) -> dict[str, float]:
    """In the units of the figures."""
    t = hidden.truth
    dark_e = t.dark * EXPOSURE_s
    sigma_d = sqrt(t.sigma_d**2 + dark_e)
    min_e = sqrt(sigma_d**2 + 1 / 12 / t.K**2 + 1 / 4) + 1 / 2
    full_e = saturation_e(t, dark_e)
    return {
        "eta": 100 * t.eta,
        "R": t.K * t.eta,
        "K": t.K,
        "mu_y_dark": t.offset + t.K * dark_e,
        "sigma_d": sigma_d,
        "mu_e_min": min_e,
        "mu_p_min": min_e / t.eta,
        "mu_e_sat": full_e,
        "mu_p_sat": full_e / t.eta,
        "SNR_max": 10 * log10(full_e),
        "DR": 20 * log10(full_e / min_e),
        "DSNU.pix": t.dsnu,
        "PRNU.pix": 100 * t.prnu,
        "DSNU.col": t.dsnu_column,
        "mu_I": t.dark,
        "mu_I_var": t.dark,
        "T_d": hidden.doubling_K,
    }


INDEPENDENT = ("R", "K", "mu_y_dark", "DSNU.pix", "PRNU.pix", "mu_I_var", "T_d")
"""Figures whose errors come from different images, or from means and variances of the same."""


def saturation_e(t: Truth, dark_e: float = 0.0) -> float:
    """Mean electrons at which 0.15 % of the pixels show the highest code, by bisection."""
    low, high = 0.5 * t.clip_e, 1.1 * t.clip_e
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if clipped_share(t, middle + dark_e) < 0.0015 else (low, middle)
    return low


def _write(path: Path, image: np.ndarray) -> None:
    match path.suffix:
        case ".tif":
            tifffile.imwrite(path, image)
        case ".png":
            Image.fromarray(image).save(path, compress_level=1)
        case _:
            np.save(path, image)


assert PIXELS > 50_000  # or normal numbers would be a bad approximation of its statistics
