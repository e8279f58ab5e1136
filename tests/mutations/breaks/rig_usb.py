"""Break what surrounds a USB camera whose outputs switch to ground, one number at a time."""

from __future__ import annotations

from typing import Any

from camtwin.twins import Twin
from mutations.breaks.rig import wrong
from mutations.registry import mutate
from mutations.tools import answers, other, read, twins

IO = "basler.io"

# -- supply and climate ------------------------------------------------------------------------------
wrong("USB ends at 4.9 V", "basler.power.voltage", supplies__usb__volts=(4.45, 4.9))
wrong("USB goes to 5.4 V", "basler.power.usb_spec", supplies__usb__volts=(4.45, 5.4))
wrong("it takes 3.5 W from USB", "basler.power.typical", supplies__usb__watts=3.5)
mutate(
    "it never goes off",
    "basler.power.source",
    patch=other("", "power_off", lambda true: None),
)
wrong("5 degrees of frost are allowed", "basler.temp.operating_min", environment__operating_housing=[-5, 50])
wrong("60 degC are allowed", "basler.temp.operating_max", environment__operating_housing=[0, 60])
wrong("the status lamp shows errors", "basler.led.status", leds__status__static="Error")

# -- inputs ------------------------------------------------------------------------------------------
for kind, line, numbers in (
    (
        "opto_in",
        "Line1",
        {"logic0_max": 1.3, "transition": 1.5, "logic1_min": 2.5, "safe": 25.0, "high": 2.2},
    ),
    ("gpio_in", "Line4", {"logic0_max": 0.7, "transition": 0.9, "logic1_min": 2.3, "safe": 6.0, "high": 2.0}),
):
    top = numbers["safe"]
    changes: dict[str, dict[str, Any]] = {
        "logic0_max": {f"inputs__{line}__low_V": (0.0, numbers["logic0_max"])},
        "transition": {f"inputs__{line}__low_V": (0.0, numbers["transition"])},
        "logic1_min": {f"inputs__{line}__high_V": (numbers["logic1_min"], 24.0)},
        "safe": {f"inputs__{line}__safe_V": (0.0, top), f"inputs__{line}__high_V": (numbers["high"], top)},
        "abs_max": {f"inputs__{line}__voids_warranty": False},
    }
    for row, change in changes.items():
        wrong(f"{line}: {row} is wrong", f"{IO}.{kind}.{row}", **change)
mutate(
    "LineStatus says the opposite",
    f"{IO}.opto_in.logic0_min",
    f"{IO}.gpio_in.logic0_min",
    patch=read(LineStatus=lambda level: not level),
)
wrong("4 mA are enough for Line1", f"{IO}.opto_in.current_min", inputs__Line1__current_mA=(4.0, 15.0))
wrong("Line1 draws up to 20 mA", f"{IO}.opto_in.current_draw", inside__Line1__limit_mA=20.0)
wrong("Line3 has 10 kohm to ground", f"{IO}.gpio_in.current_draw", inside__Line3__ohm=10_000.0)
wrong("3 V pull Line3 up", f"{IO}.gpio_in.pullup_min", inputs__Line3__pullup_min_V=3.0)
wrong("Line3 is pulled up more", f"{IO}.gpio_in.sink", inside__Line3__pullup_ohm=1000.0)
wrong("Line3 withstands anything", f"{IO}.gpio.incorrect_signal", inputs__Line3__absolute_V=None)
wrong("Line1 withstands anything", "basler.safety.voltage", inputs__Line1__absolute_V=None)

# -- outputs -----------------------------------------------------------------------------------------
for kind, line in (("opto_out", "Line2"), ("gpio_out", "Line4")):
    said, inside = f"outputs__{line}", f"outside__{line}"
    outputs: dict[str, dict[str, Any]] = {
        "safe": {f"{said}__supply_V": (3.3, 25.0)},
        "unreliable": {f"{said}__supply_V": (3.0, 24.0)},
        "abs_max": {f"{said}__voids_warranty": False},
        "load_max": {f"{said}__load_mA": 60.0},
        "leakage": {f"{inside}__leakage_uA": 80.0},
        "leakage_depends": {f"{inside}__leakage_spread": 0.0},
        "hint_leakage": {f"{inside}__leakage_uA": 0.0},
        "hint_delay": {f"{inside}__charge_nC": 0.0},
        "hint_drop": {f"{inside}__residual_V": 40.0},
    }
    for row, change in outputs.items():
        wrong(f"{line}: {row} of an output is wrong", f"{IO}.{kind}.{row}", **change)
wrong("Line4 leaves 0.5 V", f"{IO}.gpio_out.residual", outside__Line4__residual_V=0.5)
wrong("warmth changes no residual", f"{IO}.gpio_out.residual_depends", outside__Line4__residual_per_K=0.0)
wrong("Line4 has a pull-up of 1 kohm", f"{IO}.gpio_out.pullup", outputs__Line4__pullup_ohm=1000.0)
wrong("Line4 has no pull-up inside", f"{IO}.gpio_out.open_collector", outside__Line4__pullup_V=None)

# -- pins --------------------------------------------------------------------------------------------
GPIO = {
    f"{way}__{line}__pin": pin
    for way in ("inputs", "outputs")
    for line, pin in (("Line3", "io.3"), ("Line4", "io.1"))
}
OPTO = {"inputs__Line1__pin": "io.4", "outputs__Line2__pin": "io.2"}
wrong("Line3 and Line4 change places", "basler.pin.1", "basler.pin.3", **GPIO)
wrong("Line1 and Line2 change places", "basler.pin.2", "basler.pin.4", **OPTO)
wrong("Line1 returns through pin 6", "basler.pin.5", inputs__Line1__ground="io.6")
wrong("Line3 returns through pin 5", "basler.pin.6", inputs__Line3__ground="io.5")

# -- lines, as hosts see them ------------------------------------------------------------------------
mutate(
    "opto lines say that they are TTL",
    f"{IO}.opto_in.count",
    f"{IO}.opto_out.count",
    patch=read(LineFormat=lambda said: "TTL" if said == "OptoCoupled" else said),
)


mutate(
    "no line can be an output",
    f"{IO}.gpio.count",
    patch=answers("entries", lambda true, cam, name: ("Input",) if name == "LineMode" else true(cam, name)),
)


# -- connectors and cables ---------------------------------------------------------------------------
STRANGER = "Hirose HR10A-10P-12S"
wrong(
    "a plug of twelve pins fits the I/O socket",
    "basler.conn.io",
    "basler.conn.io_mating",
    "basler.cable.io.plug",
    connectors__io__mates=(STRANGER,),
)
wrong("a USB-C plug fits", "basler.conn.usb", connectors__usb__mates=("USB-C",))
wrong("a USB plug needs no screws", "basler.conn.usb_mating", connectors__usb__lock="")
wrong("a cable of USB 2.0 does not fit", "basler.cable.usb.plug", connectors__usb__slow=())
wrong("no shield is wanted", "basler.cable.usb.shield", "basler.cable.io.shield", cable__shielded=False)
wrong("0.08 mm2 are enough", "basler.cable.io.cross_section", "basler.cable.io.awg", cable__least_mm2=0.08)
wrong("wires need not be twisted", "basler.cable.io.twisted", cable__twisted=False)
wrong("12 m are near enough", "basler.cable.io.length_max", cable__longest_m=12)
ALL = tuple(f"io.{n}" for n in range(1, 7))
wrong("the yellow cable has all wires", "basler.cable.gpio.lines", cables__gpio__pins=ALL)
wrong("the blue cable has all wires", "basler.cable.opto.lines", cables__opto__pins=ALL)
wrong("the Y-cable has no wire for pin 3", "basler.cable.y.lines", cables__y__pins=("io.1", "io.2", *ALL[3:]))


# -- the link ----------------------------------------------------------------------------------------
def upside_down(twin: Twin) -> None:
    """Pictures leave with their bytes in reverse."""
    true = twin.renderer.payload
    twin.renderer.__dict__["payload"] = lambda exposure, *into: true(exposure, *into)[::-1]


mutate("pictures leave upside down", "basler.conformity.usb3vision", patch=twins(upside_down))
