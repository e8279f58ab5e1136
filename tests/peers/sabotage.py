"""A twin with one thing wrong: `sabotage.py NAME run MODEL ...` breaks that part, then runs the command line
(NAME+NAME breaks two).

The checks of this folder are run on these too, and have to fail there: a check that a broken twin passes
checks nothing. Each break is small, plausible (a byte order, a count, a check left out) and made before the
rest of the package is imported.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])  # a program in a folder of tests
    from peers.breaks import BREAKS

    for name in sys.argv.pop(1).split("+"):
        BREAKS[name]()
    from camtwin.cli import main

    main()
