"""The command line of a twin whose Line0 is pulsed: `pulsing.py [SABOTAGE] run MODEL ...`.

The twin lives in this process, as in a user's own program; pulses are planned in virtual time.
"""

from __future__ import annotations

import sys

import pytest

from camtwin.links import serve
from mutations.registry import load

WIDTH_ns, PERIOD_ns, COUNT = 100_000, 120_000_000, 100_000


async def pulse(link: serve.Link) -> None:
    line = link.twin.camera.lines["Line0"]
    link.runtime.command(lambda: line.pulse(WIDTH_ns, period_ns=PERIOD_ns, count=COUNT))


if __name__ == "__main__":
    if sys.argv[1] in load():
        load()[sys.argv.pop(1)].make(pytest.MonkeyPatch())
    run = serve.serve
    serve.serve = lambda *args, **named: run(*args, **named, task=pulse)
    from camtwin.cli import main

    main()
