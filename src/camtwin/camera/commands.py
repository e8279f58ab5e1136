"""Commands from outside that are no register's: journalled by `Camera.told`, carried out again here."""

from __future__ import annotations

from typing import Any

from camtwin.camera.camera import Camera


def obey(camera: Camera, word: str, *args: Any) -> None:
    """Carry out such a command again. ValueError, KeyError or TypeError if it is none."""
    match word:
        case "action":
            camera.action(*args)
        case "report":
            camera.report(*args)
        case "block_ids":
            (extended,) = args
            camera.use_block_ids(bool(extended))
        case "cable":
            (plugged,) = args
            camera.cable(bool(plugged))
        case "drive":
            name, level = args
            camera.lines[name].drive(bool(level))
        case "pulse":
            name, width_ns, period_ns, count, delay_ns = args
            camera.lines[name].pulse(width_ns, period_ns=period_ns, count=count, delay_ns=delay_ns)
        case _:
            raise ValueError(f"no command {word!r}")
