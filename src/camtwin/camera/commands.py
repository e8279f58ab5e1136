"""External commands that are not register writes: `Camera.journal` records them, and this repeats them."""

from __future__ import annotations

from typing import Any

from camtwin.camera.camera import Camera


def replay_command(camera: Camera, word: str, *args: Any) -> None:
    """Repeat such a command.

    Raises:
        ValueError, KeyError, TypeError: there is no such command
    """
    match word:
        case "action":
            camera.action(*args)
        case "report":
            camera.report(*args)
        case "block_ids":
            (extended,) = args
            camera.use_block_ids(bool(extended))
        case "end_session":
            camera.end_session(*args)
        case "drop_images":
            camera.drop_images(*args)
        case "cable":
            (plugged,) = args
            camera.cable(bool(plugged))
        case "host":
            (fetches,) = args
            camera.host_fetches(bool(fetches))
        case "jump":
            camera.jump_timestamp(*args)
        case "misnumber":
            camera.misnumber(*args)
        case "drive":
            name, level = args
            camera.lines[name].drive(bool(level))
        case "pulse":
            name, width_ns, period_ns, count, delay_ns = args
            camera.lines[name].pulse(width_ns, period_ns=period_ns, count=count, delay_ns=delay_ns)
        case _:
            raise ValueError(f"no command {word!r}")
