"""Connectors, circuits, supplies, climate and lamps, wrong one number at a time."""

from __future__ import annotations

from typing import Any

from mutations.registry import mutate
from mutations.tools import GONE


def wrong(name: str, *proves: str, **sheet: Any) -> None:
    """Change the rig sheet: dots of a path are written `__`."""
    changes = {"rig." + path.replace("__", "."): value for path, value in sheet.items()}
    mutate(name, *proves, sheet=changes)


# -- connectors --------------------------------------------------------------------------------------
wrong(
    "an M12 plug fits the data socket",
    "baumer.conn.data",
    connectors__data__mates=("M12 X-coded",),
)
wrong(
    "the process connector has six pins",
    "baumer.conn.process",
    connectors__process__mates=("M8 6-pin socket",),
)
for n, (plus, minus) in {1: (1, 2), 2: (3, 6), 3: (4, 5), 4: (7, 8)}.items():
    changes: dict[str, Any] = {
        f"pins__data__{plus}__name": f"MX{n}-",
        f"pins__data__{minus}__name": f"MX{n}+",
    }
    wrong(f"plus and minus of the pair MX{n} change places", f"baumer.pin.rj45.mx{n}", **changes)
wrong(
    "no power over the cable",
    "baumer.conn.data_power",
    "baumer.poe.class",
    supplies__poe=GONE,
)

# -- pins --------------------------------------------------------------------------------------------
swapped: dict[str, Any] = {
    f"{way}__{line}__pin": pin
    for way in ("inputs", "outputs")
    for line, pin in (("Line1", "process.1"), ("Line2", "process.8"))
}
wrong(
    "the GPIO pins change places",
    "baumer.pin.m8.1",
    "baumer.pin.m8.8",
    **swapped,
)
wrong("the supply enters at pin 5", "baumer.pin.m8.2", supplies__external__plus="process.5")
wrong(
    "the input is pin 5",
    "baumer.pin.m8.3",
    inputs__Line0__pin="process.5",
)
grounded: dict[str, Any] = {"inputs__Line0__ground": "process.7", "inputs__Line0__isolated": False}
wrong(
    "the input is not isolated, its ground is pin 7",
    "baumer.pin.m8.4",
    "baumer.io.in.opto",
    **grounded,
)
wrong(
    "the output stage feeds on the supply",
    "baumer.pin.m8.5",
    "baumer.io.out.opto",
    outputs__Line3__feed="process.2",
)
wrong(
    "the output is pin 3",
    "baumer.pin.m8.6",
    outputs__Line3__pin="process.3",
)
wrong(
    "pins 4 and 7 are one ground",
    "baumer.pin.m8.7",
    ground__pins=("process.7", "process.4"),
)
wrong("no pin is known as ground", "baumer.io.gpio.ground_loops", ground__pins=())

# -- inputs ------------------------------------------------------------------------------------------
wrong("low ends at 4 V", "baumer.io.in.low", inputs__Line0__low_V=(0.0, 4.0))
wrong(
    "high begins at 12 V",
    "baumer.io.in.high",
    inputs__Line0__high_V=(12.0, 30.0),
)
wrong("a GPIO's low ends at 0.7 V", "baumer.io.gpio_in.low", inputs__Line2__low_V=(0.0, 0.7))
wrong("a GPIO's high begins at 2.5 V", "baumer.io.gpio_in.high", inputs__Line2__high_V=(2.5, 30.0))
wrong("the input draws more", "baumer.io.in.current", inside__Line0__ohm=2000.0)
wrong("a GPIO withstands anything", "baumer.io.gpio.no_cutoff", inputs__Line1__absolute_V=None)
isolated: dict[str, Any] = {"inputs__Line1__ground": "process.4", "inputs__Line1__isolated": True}
wrong("a GPIO is isolated", "baumer.io.gpio.direct", **isolated)

# -- outputs -----------------------------------------------------------------------------------------
wrong("the output wants 6 V", "baumer.io.out.uext", outputs__Line3__supply_V=(6.0, 30.0))
wrong("the output carries 60 mA", "baumer.io.out.current", outputs__Line3__load_mA=60.0)
wrong("a GPIO's low rises to 0.6 V", "baumer.io.gpio_out.low", outputs__Line1__low_V=(0.0, 0.6))
wrong("a GPIO sinks 60 mA", "baumer.io.gpio_out.sink_max", outputs__Line1__load_mA=60.0)
wrong(
    "a GPIO's high falls to 2 V",
    "baumer.io.gpio_out.high",
    outputs__Line1__high_V=(2.0, 3.3),
)
wrong("a GPIO gives 2 mA", "baumer.io.gpio_out.source_max", outputs__Line1__source_mA=2.0)

# -- supplies ----------------------------------------------------------------------------------------
wrong(
    "the supply begins at 16 V",
    "baumer.power.voltage",
    supplies__external__volts=(16.0, 24.0),
)
wrong("10 % of tolerance", "baumer.power.voltage_tolerance", supplies__external__tolerance=0.1)
wrong("it takes 3 W", "baumer.power.current", "baumer.power.consumption", supplies__external__watts=3.0)
wrong(
    "it takes 2 W from the cable",
    "baumer.poe.current",
    "baumer.power.consumption_poe",
    supplies__poe__watts=2.0,
)
wrong("PoE of class 2", "baumer.poe.class", supplies__poe__poe_class=2)
wrong("PoE begins at 40 V", "baumer.poe.voltage", supplies__poe__volts=(40.0, 57.0))

# -- climate -----------------------------------------------------------------------------------------
wrong("frost is allowed", "baumer.temp.operating_min", environment__operating_internal=[-5, 75])
wrong("70 degC are allowed", "baumer.temp.operating_max_mp", environment__operating_measurement_point=[0, 70])
wrong("35 degC need no cooling", "baumer.temp.ambient_cooling", environment__uncooled_ambient=35)
wrong(
    "performance up to 58 degC outside", "baumer.temp.sony_mp", environment__performance_measurement_point=58
)
wrong("performance up to 65 degC inside", "baumer.temp.sony_internal", environment__performance_internal=65)

# -- lamps -------------------------------------------------------------------------------------------
for lamp, static, flash in (("1", "Link ON", "RX active"), ("2", "Error", "TX active")):
    name = f"rig.leds.LED {lamp}"
    mutate(
        f"LED {lamp} shows its words the wrong way round",
        f"baumer.led.{lamp}.static",
        f"baumer.led.{lamp}.flash",
        sheet={f"{name}.static": flash, f"{name}.flash": static},
    )
