"""Random wiring plans: cameras fed well or badly, sources at their inputs, loads at their outputs."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from camtwin.models import load_rig

MODELS: Final = ("baumer-vcxg-124m", "basler-aca4112-20um", "ids-imx412")
VOLTS: Final = (0.0, 1.5, 3.3, 5.0, 12.0, 24.0, 40.0)
SOURCES = st.one_of(
    st.builds(
        lambda low, high, ohm: {"kind": "generator", "low_V": low, "high_V": high, "ohm": ohm},
        st.sampled_from((0.0, 0.0, 1.5, -5.0)),
        st.sampled_from(VOLTS),
        st.sampled_from((1.0, 50.0, 2000.0)),
    ),
    st.builds(
        lambda output, volts: {"kind": "plc", "output": output, "volts": volts},
        st.sampled_from(("push-pull", "pnp", "npn", "open-collector")),
        st.sampled_from(VOLTS[2:]),
    ),
)
FEEDS: Final = ("right", "right", "right", "right", "reversed", "too little", "none", "switched")


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a plan, as plain data."""
    devices: dict[str, Any] = {
        "psu": {"kind": "supply", "volts": draw(st.sampled_from(VOLTS[3:])), "amperes": 2}
    }
    wires: list[list[str]] = []
    ins, outs = list[tuple[str, str]](), list[tuple[str, str, str, str]]()
    for camera in ("a", "b")[: draw(st.integers(1, 2))]:
        model = draw(st.sampled_from(MODELS))
        sheet = load_rig(model)
        gpios = sorted(sheet.inputs.keys() & sheet.outputs.keys())
        chosen = draw(st.lists(st.sampled_from(gpios), max_size=1))
        devices[camera] = {"kind": "camera", "model": model, "outputs": chosen}
        wires += _fed(draw, devices, camera, sheet)
        ins += [
            (f"{camera}.{spec.pin}", f"{camera}.{spec.ground}")
            for line, spec in sheet.inputs.items()
            if line not in chosen
        ]
        outs += [
            (f"{camera}.{spec.pin}", f"{camera}.{spec.feed or spec.ground}", spec.stage, camera)
            for line, spec in sheet.outputs.items()
            if line in chosen or line not in sheet.inputs
        ]
    for n in range(draw(st.integers(0, 2))):
        devices[f"s{n}"] = source = draw(SOURCES)
        plus, minus = ("out", "gnd") if source["kind"] == "generator" else ("Q", "-")
        pin, ground = draw(st.sampled_from(ins))
        wires.append([f"s{n}.{plus}", pin])
        if draw(st.integers(0, 5)):  # or the loop is open
            wires.append([f"s{n}.{minus}", ground])
        if draw(st.booleans()):
            devices[f"r{n}"] = {"kind": "resistor", "ohm": draw(st.sampled_from((1000.0, 4700.0)))}
            wires += [[f"r{n}.a", "psu.+"], [f"r{n}.b", pin], ["psu.-", ground]]
    for n, (pin, other, stage, _) in enumerate(outs):
        way = draw(st.sampled_from(("none", "lamp", "input", "pull-up")))
        if way == "none":
            continue
        if stage == "high side" and draw(st.integers(0, 4)):
            wires.append(["psu.+", other])
        if stage != "high side":
            wires.append(["psu.-", other])
        if way == "input":
            to, ground = draw(st.sampled_from(ins))
            wires += [[pin, to], ["psu.-", ground]]
        if way != "input" or (stage == "low side" and draw(st.booleans())):
            devices[f"load{n}"] = draw(
                st.sampled_from(
                    (
                        {"kind": "lamp", "current_mA": 40.0},
                        {"kind": "lamp", "current_mA": 80.0},
                        {"kind": "lamp", "current_mA": 400.0},
                    )
                    if way == "lamp"
                    else ({"kind": "resistor", "ohm": 1000.0}, {"kind": "resistor", "ohm": 10_000.0})
                )
            )
            ends = ("+", "-") if way == "lamp" else ("a", "b")
            far = "psu.-" if stage == "high side" else "psu.+"
            wires += [[f"load{n}.{ends[0]}", pin], [f"load{n}.{ends[1]}", far]]
    return {"devices": devices, "wires": wires}


def _fed(draw: st.DrawFn, devices: dict[str, Any], camera: str, sheet: Any) -> list[list[str]]:
    """Return the wires of a camera's supply, and add their devices."""
    how = draw(st.sampled_from(FEEDS))
    spec = next(supply for supply in sheet.supplies.values() if supply.plus)
    plus, minus, feed = f"{camera}.{spec.plus}", f"{camera}.{spec.minus}", f"feed_{camera}"
    if how == "none":
        return []
    devices[feed] = {"kind": "supply", "volts": 3.0 if how == "too little" else spec.at_V, "amperes": 2.0}
    if how == "reversed":
        plus, minus = minus, plus
    if how != "switched":
        return [[f"{feed}.+", plus], [f"{feed}.-", minus]]
    devices[f"key_{camera}"] = {"kind": "contact"}
    return [[f"{feed}.+", f"key_{camera}.a"], [f"key_{camera}.b", plus], [f"{feed}.-", minus]]
