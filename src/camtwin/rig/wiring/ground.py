"""Ground loops: two ground paths from a camera back to itself.

Ground bodies are devices' ground pins (a camera's, if they are connected with its electronics) and earth;
wires and bonds to earth join them. An optocoupler's ground pin is a body of its own: no path leads through.
"""

from __future__ import annotations

from camtwin.rig.wiring.plan import Pin, Plan

EARTH = "earth"


def bodies(plan: Plan) -> dict[Pin, str]:
    """Return the ground pins with the body that each belongs to."""
    body_of = {
        Pin(name, device.ground): EARTH if device.kind == "earth" else name  # pyright: ignore[reportAttributeAccessIssue]
        for name, device in plan.devices.items()
        if device.ground
    }
    for name, sheet in plan.sheets.items():
        body_of |= {Pin(name, pin): name for pin in sheet.ground.get("pins", ())}
        isolated = [x.ground for x in sheet.inputs.values()] + [x.ground for x in sheet.outputs.values()]
        for pin in isolated:
            if pin:
                body_of.setdefault(Pin(name, pin), f"{name}.{pin}")
    return body_of


def loops(plan: Plan) -> dict[str, list[str]]:
    """Return the cameras in a ground loop, each with the bodies along it."""
    body = bodies(plan)
    ways: dict[str, set[str]] = {}
    joined = [(body[w.a], body[w.b]) for w in plan.wires if w.a in body and w.b in body]
    joined += [(name, EARTH) for name, d in plan.devices.items() if d.earthed and d.ground]
    for a, b in joined:
        if a != b:
            ways.setdefault(a, set()).add(b)
            ways.setdefault(b, set()).add(a)
    return {name: path for name in plan.sheets if (path := _around(ways, name))}


def _around(ways: dict[str, set[str]], home: str) -> list[str]:
    """Return a path that leaves `home` by one neighbour and returns by another."""
    for first in sorted(ways.get(home, ())):
        came: dict[str, str] = {first: home}
        queue = [first]
        for at in queue:
            for then in sorted(ways[at]):
                if then == home and at != first:
                    path = [at]
                    while path[-1] != first:
                        path.append(came[path[-1]])
                    return [home, *reversed(path), home]
                if then not in came and then != home:
                    came[then] = at
                    queue.append(then)
    return []
