"""A twin with one thing wrong: `sabotage.py NAME run MODEL ...` breaks that part, then runs the command line
(NAME+NAME breaks two).

The checks of this folder are run on these too, and have to fail there: a check that a broken twin passes
checks nothing. Any break of tests/mutations will do.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])  # a program in a folder of tests
    import pytest

    from mutations.registry import named

    for one in named(sys.argv.pop(1)):
        one.make(pytest.MonkeyPatch())  # for good: it is never undone
    from camtwin.cli import main

    main()
