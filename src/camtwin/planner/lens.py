"""Lens and geometry: an integrator's calculations, for a thin lens.

    1/f = 1/a + 1/b        m = b/a = f / (a - f)        a: working distance, from the lens to the object

Depth of field is where the circle of confusion stays within `blur_um`, by default a pixel. Light:
E = pi L T / (4 N^2 (1 + m)^2) on the sensor, of a matt object with L = E_object rho / pi.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import exp, hypot, inf
from typing import Any, Final

from camtwin.models import CameraSheet, RigSheet
from camtwin.numbers import number
from camtwin.problem import Problem
from camtwin.rig.wiring.judge import Finding
from camtwin.sensor.parameters import SensorParameters

FLANGE_MM: Final = {"C-Mount": 17.526, "CS-Mount": 12.526}
"""From the flange to the sensor. M12 lenses are screwed in as far as they need."""
SMALL: Final = 1e-6
"""Least focal length, f-number, magnification or distance: what is squared must not vanish."""
MAX_MM: Final = 1e9
"""Limit of lengths, and of speeds in mm/s: a million metres."""
DIGITS: Final = 6
"""Significant digits of results for programs: more than any input has."""
H_C_J_M: Final = 6.62607015e-34 * 2.99792458e8
LUMENS_PER_W: Final = 683.0


class LensInvalid(Problem, ValueError):
    """An impossible lens or distance; names the thing, the value and the limit."""


@dataclass(frozen=True, slots=True)
class Lens:
    """A lens; transmission as a share, image_circle_mm the circle's diameter, None if unknown."""

    focal_mm: float
    f_number: float = 4.0
    mount: str = "C-Mount"
    transmission: float = 0.9
    image_circle_mm: float | None = None

    def __post_init__(self) -> None:
        number("a focal length of", self.focal_mm, "mm", low=SMALL, high=MAX_MM)
        number("an f-number of", self.f_number, low=SMALL, high=1e5)
        number("a transmission of", self.transmission, above=0.0, high=1.0)
        if self.image_circle_mm is not None:
            number("an image circle of", self.image_circle_mm, "mm", above=0.0)


@dataclass(frozen=True, slots=True)
class Telecentric:
    """A telecentric lens, which shows an object at every distance in one size.

    magnification   size of the image relative to the object
    f_number        working f-number on the image's side, as makers state it
    """

    magnification: float
    f_number: float = 8.0
    mount: str = "C-Mount"
    transmission: float = 0.9
    image_circle_mm: float | None = None

    def __post_init__(self) -> None:
        number("a magnification of", self.magnification, low=SMALL, high=1e3)
        number("an f-number of", self.f_number, low=SMALL, high=1e5)
        number("a transmission of", self.transmission, above=0.0, high=1.0)
        if self.image_circle_mm is not None:
            number("an image circle of", self.image_circle_mm, "mm", above=0.0)


@dataclass(frozen=True, slots=True)
class View:
    """The view at a working distance; lengths in mm, of the object unless stated otherwise."""

    magnification: float
    width_mm: float
    height_mm: float
    pixel_mm: float
    near_mm: float
    far_mm: float
    airy_um: float
    diagonal_mm: float

    @property
    def depth_mm(self) -> float:
        return self.far_mm - self.near_mm


def view(sensor: SensorParameters, lens: Lens, distance_mm: float, blur_um: float | None = None) -> View:
    """Return field of view, resolution and depth of field. LensInvalid if no real image forms."""
    f, a = lens.focal_mm, number("a working distance of", distance_mm, "mm", high=MAX_MM)
    if a <= f:
        raise LensInvalid(f"a working distance of {a:g} mm is not above the focal length, {f:g} mm")
    m = f / (a - f)
    width, height = sensor.width * sensor.pixel_um / 1e3, sensor.height * sensor.pixel_um / 1e3
    blur_mm = (blur_um or sensor.pixel_um) / 1e3
    hyper = f * f / (lens.f_number * blur_mm) + f
    near = a * (hyper - f) / (hyper + a - 2 * f)
    far = a * (hyper - f) / (hyper - a) if a < hyper else inf
    airy = 2.44 * 0.55 * lens.f_number * (1 + m)
    return View(m, width / m, height / m, sensor.pixel_um / 1e3 / m, near, far, airy, hypot(width, height))


def telecentric_view(sensor: SensorParameters, lens: Telecentric, distance_mm: float = 0.0) -> View:
    """Return field of view, resolution and depth of field, around a working distance.

    Out of focus by d, a point is d m^2 / N wide on the sensor: within a pixel p over 2 N p / m^2.
    """
    m, pixel_mm = lens.magnification, sensor.pixel_um / 1e3
    a, half = number("a working distance of", distance_mm, "mm", high=MAX_MM), lens.f_number * pixel_mm / m**2
    width, height = sensor.width * pixel_mm, sensor.height * pixel_mm
    airy = 2.44 * 0.55 * lens.f_number
    return View(m, width / m, height / m, pixel_mm / m, a - half, a + half, airy, hypot(width, height))


def focal_for(sensor: SensorParameters, field_mm: float, distance_mm: float) -> float:
    """Return the focal length that shows a field of this width at a working distance, in mm."""
    number("a field of view of", field_mm, "mm", low=SMALL, high=MAX_MM)
    number("a working distance of", distance_mm, "mm", low=SMALL, high=MAX_MM)
    m = sensor.width * sensor.pixel_um / 1e3 / field_mm
    return distance_mm * m / (1 + m)


def blur_px(sensor: SensorParameters, magnification: float, speed_mm_s: float, exposure_us: float) -> float:
    """Return the motion of an object on the sensor during the exposure, in pixels."""
    return speed_mm_s * exposure_us / 1e6 * magnification / (sensor.pixel_um / 1e3)


def photons_per_s(
    sensor: SensorParameters,
    lens: Lens | Telecentric,
    magnification: float,
    lux: float,
    reflectance: float = 0.9,
    wavelength_nm: float = 550.0,
) -> float:
    """Return photons per pixel and second from a matt object in monochromatic light of so many lux.

    A working f-number holds the magnification already: of a telecentric lens it is 0 here.
    """
    at_sensor = lux * reflectance * lens.transmission / (4 * lens.f_number**2 * (1 + magnification) ** 2)
    watts_m2 = at_sensor / (LUMENS_PER_W * eye(wavelength_nm))
    return watts_m2 * (sensor.pixel_um * 1e-6) ** 2 * wavelength_nm * 1e-9 / H_C_J_M


def eye(wavelength_nm: float) -> float:
    """Return the luminosity function V, as the common Gaussian: 1.019 exp(-285.4 (um - 0.559)^2)."""
    return 1.019 * exp(-285.4 * (wavelength_nm / 1e3 - 0.559) ** 2)


def exposure_us(
    sensor: SensorParameters, photons_s: float, share: float = 0.5, wavelength_nm: float = 550.0
) -> float:
    """Return the exposure that fills this share of a pixel, up to its saturation.

    Of a sensor with colour filters: of a pixel of the colour that fills first.

    Raises:
        LensInvalid: the sensor sees nothing of this light
    """
    efficiency = max(sensor.quantum_efficiency(wavelength_nm, colour) for colour in sensor.cfa or ("",))
    electrons_s = photons_s * efficiency
    if electrons_s <= 0:
        raise LensInvalid("no light: no exposure is long enough")
    return share * sensor.saturation_e / electrons_s * 1e6


def mount_finding(sheet: RigSheet, mount: str) -> Finding:
    """Judge whether a lens with this mount fits the camera."""
    mounts = tuple(sheet.lens.get("mount", ()))
    fits = " or ".join(mounts)
    if mount in mounts and not (mount == "C-Mount" and "CS-Mount" in mounts):
        return Finding("lens", "ok", "fits", f"{mount} on {fits}")
    if mount == "C-Mount" and "CS-Mount" in mounts:
        more = FLANGE_MM["C-Mount"] - FLANGE_MM["CS-Mount"]
        why = f"a C-Mount lens on CS-Mount needs {more:g} mm more"
        return Finding("lens", "ok", "ring", why, more, "mm", fix=f"a ring of {more:g} mm")
    if mount == "CS-Mount" and "C-Mount" in mounts:
        more = FLANGE_MM["C-Mount"] - FLANGE_MM["CS-Mount"]
        why = f"a CS-Mount lens on C-Mount sits {more:g} mm too far: it focuses close objects at most"
        return Finding("lens", "wrong", "flange", why, more, "mm", fix="a C-Mount lens")
    return Finding(
        "lens", "wrong", "does not mate", f"{mount} does not fit {fits}", fix=f"a lens with {fits}"
    )


def circle_finding(seen: View, lens: Lens | Telecentric) -> Finding | None:
    """Return a finding if the lens's image circle is smaller than the sensor."""
    circle = lens.image_circle_mm
    if circle is None or circle >= seen.diagonal_mm:
        return None
    why = (
        f"the image circle of {circle:g} mm is smaller than the sensor's diagonal, {seen.diagonal_mm:.2f} mm"
    )
    fix = "a lens for larger sensors"
    return Finding("lens", "wrong", "vignettes", why, circle, "mm", f"{seen.diagonal_mm:.2f} mm", fix)


@dataclass(frozen=True)
class Paper:
    """Results for one lens on one camera."""

    lens: Lens | Telecentric
    view: View
    blur_px: float
    fills: float  # share of a pixel's saturation
    full_e: float  # at which it saturates
    half_us: float
    findings: tuple[Finding, ...]

    def row(self) -> dict[str, Any]:
        """Return the results as `--json` prints them, with DIGITS digits; an infinite distance is null."""
        half = {
            "saturation_share": self.fills,
            "saturation_e": self.full_e,
            "half_saturation_us": self.half_us,
        }
        numbers = {**asdict(self.view), "depth_mm": self.view.depth_mm, "blur_px": self.blur_px, **half}
        if isinstance(self.lens, Lens):
            numbers["focal_mm"] = self.lens.focal_mm
        rounded = {k: None if v == inf else float(f"{v:.{DIGITS}g}") for k, v in numbers.items()}
        return {**rounded, "findings": [finding.row() for finding in self.findings]}

    def lines(self) -> list[str]:
        """Return the results as lines for people, without the findings."""
        v = self.view
        far = "infinity" if v.far_mm == inf else f"{v.far_mm:.1f} mm"
        depth = f"{v.near_mm:.1f} mm to {far}, within a pixel"
        if isinstance(self.lens, Telecentric):
            depth = f"{v.depth_mm:.4g} mm around the working distance, within a pixel"
        return [
            f"focal length    {self.lens.focal_mm:.2f} mm"
            if isinstance(self.lens, Lens)
            else "focal length    none: telecentric",
            f"magnification   {v.magnification:.4f}",
            f"field of view   {v.width_mm:.1f} x {v.height_mm:.1f} mm, a pixel is {v.pixel_mm * 1e3:.1f} um",
            f"depth of field  {depth}",
            f"diffraction     Airy disc {v.airy_um:.1f} um on the sensor",
            f"motion          {self.blur_px:.2f} pixels of blur",
            f"light           {self.fills:.0%} of saturation at {self.full_e:.0f} e-; half of it needs "
            f"{self.half_us:.0f} us",
        ]


def lens_on(
    sheet: CameraSheet,
    lens: Lens | Telecentric,
    distance_mm: float,
    speed_mm_s: float,
    exposure_time_us: float,
    lux: float,
) -> Paper:
    """Calculate everything at once, for a matt white object in green light, with all of the camera's pixels.

    Raises:
        LensInvalid, NumberInvalid: an impossible value
    """
    sensor = sheet.parameters
    number("a speed of", speed_mm_s, "mm/s", low=0.0, high=MAX_MM)
    number("an exposure time of", exposure_time_us, "us", above=0.0, high=1e12)
    number("an illuminance of", lux, "lx", above=0.0, high=1e9)
    if isinstance(lens, Lens):
        seen = view(sensor, lens, distance_mm)
        photons = photons_per_s(sensor, lens, seen.magnification, lux)
    else:
        seen = telecentric_view(sensor, lens, distance_mm)
        photons = photons_per_s(sensor, lens, 0.0, lux)
    half = exposure_us(sensor, photons)
    mounted = sheet.rig is not None and "mount" in sheet.rig.lens  # a bare sensor is not
    findings = [mount_finding(sheet.rig, lens.mount)] if sheet.rig and mounted else []
    findings += [finding] if (finding := circle_finding(seen, lens)) else []
    blur = blur_px(sensor, seen.magnification, speed_mm_s, exposure_time_us)
    return Paper(lens, seen, blur, 0.5 * exposure_time_us / half, sensor.saturation_e, half, tuple(findings))
