"""Tell the laboratory what data sheets say: which camera stands on its bench, what it should find there.

Numbers to put beside are the camera's own, then the sensor's, each with its source.

The camera's sheet states typical numbers, as its maker measured them: where the variance peaks and not where
the converter ends, for one. The sensor's are those that the twin is made of, many of them assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from camtwin.emva1288.bench import DeviceUnderTest
from camtwin.emva1288.results import Channel, Comparison, ReferenceValue, Results
from camtwin.models import CameraSheet
from camtwin.verify import claims

CLAIMS: Final = {
    "noise.dark": "sigma_d",
    "noise.saturation": "mu_e_sat",
    "noise.dynamic_range": "DR",
    "noise.snr": "SNR_max",
    "noise.qe": "eta",
}
"""Rows of a ledger, by the end of their names."""
FACTS: Final = {
    "K": "gain_DN_per_e",
    "mu_y_dark": "pedestal_DN",
    "sigma_d": "read_noise_e",
    "eta": "qe",
    "DSNU": "dsnu_e",
    "PRNU": "prnu",
    "mu_I": "dark_current_e_per_s",
    "T_d": "dark_doubling_K",
}
"""Entries of a sensor's sheet."""


def device_under_test(sheet: CameraSheet) -> DeviceUnderTest:
    """Tell the bench which camera stands on it."""
    p, modes = sheet.parameters, sheet.sensor.modes
    whole = {name: mode for name, mode in modes.items() if mode.exposures == mode.binning == 1}
    curves = (p.qe,) if isinstance(p.qe, tuple) else p.qe.values()
    return DeviceUnderTest(
        title=sheet.title,
        model=sheet.name,
        pixel_um=p.pixel_um,
        temperature_C=p.dark_reference_C,
        lights_nm=tuple(sorted({max(curve, key=lambda point: point[1])[0] for curve in curves})),
        mode=max(whole, key=lambda name: (whole[name].bits, whole[name].height), default=""),
    )


def compare(sheet: CameraSheet, results: Results) -> Comparison:
    """Gather what the data sheet says of each channel."""
    return Comparison(
        tuple(_said(sheet, results, channel) for channel in results.channels),
        tuple(_efficiency(sheet, channel) for channel in results.channels),
    )


def _said(sheet: CameraSheet, results: Results, channel: Channel) -> Mapping[str, ReferenceValue]:
    """Say it by the names of QUANTITIES, at 0 dB, as sheets have it."""
    p = sheet.parameters.converting(results.subject.bits)
    scale = 2.0 ** (results.subject.bits - p.adc_bits)
    values: dict[str, float] = {
        "K": p.gain_DN_per_e * scale,
        "mu_y_dark": p.pedestal_DN * scale,
        "sigma_d": p.read_noise_e,
        "DSNU": p.dsnu_e,
        "PRNU": 100 * p.prnu,
        "T_d": p.dark_doubling_K,
    }
    if channel.wavelength_nm is not None:
        values["eta"] = 100 * p.quantum_efficiency(channel.wavelength_nm, channel.name[:1])
    if channel.dark_rows and (degrees := channel.dark_rows[0].temperature_C) is not None:
        values["mu_I"] = p.dark_rate_e_per_s(degrees)
    facts = {fact.path: fact for fact in sheet.sensor.facts}
    found = {}
    for name, value in values.items():
        fact = facts[f"parameters.{FACTS[name]}"]
        found[name] = ReferenceValue(
            value, f"{sheet.sensor.title}, {'assumed' if fact.assumed else fact.source}"
        )
    rows = claims.load(sheet.name).values()
    waves = {row.number for row in rows if row.id.endswith("noise.qe_wavelength")}
    for row in rows:
        for end, name in CLAIMS.items():
            if row.id.endswith(end) and (name != "eta" or channel.wavelength_nm in waves):
                found[name] = ReferenceValue(row.number, f"{sheet.document}, {row.section}: {row.claim}")
    return found


def _efficiency(sheet: CameraSheet, channel: Channel) -> list[tuple[float, float]]:
    """Return the sheet's curve for a channel, (nm, electrons a photon), at the measured wavelengths."""
    p = sheet.parameters
    return [(nm, p.quantum_efficiency(nm, channel.name[:1])) for nm, _ in channel.efficiency]
