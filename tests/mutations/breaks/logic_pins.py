"""A connector with logic levels and voltages that it gives, wrong one number at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from camtwin.models.rig import SupplyInput
from mutations.breaks.rig import wrong


def given(name: str, **what: float) -> Callable[[Any], Any]:
    """One of the voltages that it gives is another."""
    return lambda old: {**old, name: old[name].model_copy(update=what)}


def fed_at(plus: str, minus: str) -> SupplyInput:
    """Give the camera a second supply input at these pins."""
    return SupplyInput(plus=plus, minus=minus, volts=(4.45, 5.25), watts=1.0, at_V=5.0)


wrong("pin 1 gives 5 V", "ids.pin.1", sources=given("3.3 V", volts=5.0))
wrong("pin 8 gives 4 V", "ids.pin.8", sources=given("USB power", volts=4.0))
wrong("pin 8 gives 500 mA", "ids.pin.8_current", sources=given("USB power", load_mA=500.0))
wrong("pin 7 is no ground", "ids.pin.2", "ids.pin.7", ground__pins=("io.2", "usb.gnd"))
wrong("the flash output is pin 6", "ids.pin.3", outputs__Line1__pin="io.6")
wrong("the trigger input is pin 5", "ids.pin.4", inputs__Line0__pin="io.5")
swapped: dict[str, Any] = {
    f"{way}__{line}__pin": pin
    for way in ("inputs", "outputs")
    for line, pin in (("Line2", "io.6"), ("Line3", "io.5"))
}
wrong("both GPIOs change places", "ids.pin.5", "ids.pin.6", **swapped)
coupled: dict[str, Any] = {"inputs__Line0__ground": "io.3", "inputs__Line0__isolated": True}
wrong("the trigger input has an optocoupler", "ids.io.no_opto", **coupled)
wrong("it can be fed at pin 8", "ids.conn.power", supplies__io=fed_at("io.8", "io.7"))
wrong("it idles at 0.3 W", "ids.power.min", power__idle_share=0.3)
wrong("it takes 1.2 W", "ids.power.max", supplies__usb__watts=1.2)
wrong(
    "it works from -5 to 80 degC",
    "ids.temp.operating_min",
    "ids.temp.operating_max",
    environment__operating_device=[-5, 80],
)
wrong("a USB-C plug fits its USB socket", "ids.conn.interface", connectors__usb__mates=("USB-C",))
wrong("a plug of six pins fits", "ids.conn.io", connectors__io__mates=("6-pin Wuerth plug",))
