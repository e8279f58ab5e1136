"""Speed of Pyxel for the same kind of frame; run by a Python that has Pyxel, not camtwin's own.

    python pyxel_chain.py COLUMNS ROWS REPEATS

prints the seconds of each repeat, as JSON: light, shot noise, conversion, dark current, full well, voltage,
read noise, ADC. It imports nothing of camtwin.
"""

import json
import sys
import time

import numpy as np
import pyxel
from pyxel.detectors import (
    CMOS,
    ChargeToVoltSettings,
    CMOSCharacteristics,
    CMOSGeometry,
    Environment,
    SensitiveChargeToVolt,
)
from pyxel.models import (
    charge_collection,
    charge_generation,
    charge_measurement,
    photon_collection,
    readout_electronics,
)

MEAN_E, EXPOSURE_S, FULL_WELL_E, VOLT_PER_E, READ_NOISE_V = 1000.0, 0.004, 9785, 1e-4, 2e-4


def main(columns: int, rows: int, repeats: int) -> None:
    """Time the chain."""
    detector = CMOS(
        CMOSGeometry(row=rows, col=columns, pixel_vert_size=3.45, pixel_horz_size=3.45),
        Environment(temperature=293.0),
        CMOSCharacteristics(
            quantum_efficiency=1.0,
            charge_to_volt=SensitiveChargeToVolt(sensitive=ChargeToVoltSettings(value=VOLT_PER_E)),
            pre_amplification=1.0,
            full_well_capacity=FULL_WELL_E,
            adc_bit_resolution=12,
            adc_voltage_range=(0.0, 1.0),
        ),
    )
    light = np.random.default_rng(1).uniform(0, 2 * MEAN_E, (rows, columns))
    seconds = []
    for _ in range(repeats + 1):
        detector.set_readout(times=[EXPOSURE_S])
        detector.empty()
        begun = time.perf_counter()
        detector.photon.array = light.copy()
        photon_collection.shot_noise(detector)
        charge_generation.simple_conversion(detector, binomial_sampling=False)
        charge_generation.simple_dark_current(detector, dark_rate=2.0)
        charge_collection.simple_collection(detector)
        charge_collection.simple_full_well(detector)
        charge_measurement.simple_measurement(detector)
        charge_measurement.output_node_noise(detector, std_deviation=READ_NOISE_V)
        readout_electronics.simple_amplifier(detector)
        readout_electronics.simple_adc(detector, data_type="uint16")
        seconds.append(time.perf_counter() - begun)
    print(json.dumps({"version": pyxel.__version__, "seconds": seconds[1:]}))


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
