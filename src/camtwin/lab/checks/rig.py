"""Rows that need the world around the camera: wires, supplies, temperature, a network with servers."""

from camtwin.lab.case import later

RIG = "the rig is not built"
later(
    f"{RIG}: no connectors, wires and supplies",
    "baumer.conn.*",
    "baumer.pin.*",
    "baumer.io.gpio.*",
    "baumer.io.gpio_in.low",
    "baumer.io.gpio_in.high",
    "baumer.io.gpio_out.*",
    "baumer.io.in.opto",
    "baumer.io.in.low",
    "baumer.io.in.high",
    "baumer.io.in.current",
    "baumer.io.out.opto",
    "baumer.io.out.uext",
    "baumer.io.out.current",
    "baumer.power.*",
    "baumer.poe.*",
)
later(
    f"{RIG}: no environment",
    "baumer.temp.operating_min",
    "baumer.temp.operating_max_mp",
    "baumer.temp.ambient_cooling",
    "baumer.temp.sony_*",
)
later(f"{RIG}: no LEDs", "baumer.led.*")
later(
    f"{RIG}: no network with a DHCP server, no address that is kept", "baumer.net.ip.*", "baumer.factory.ip"
)
