"""Breaks: what can be wrong with a twin, one small and plausible thing each, by name.

Two kinds of checks have to fail on them. Stock clients meet a twin whose command line was started with a
break (sabotaged() in tests/peers/netns.py). `camtwin verify` is tried in process: `make mutations` measures a whole ledger
under each break that names rows of it, and exactly those rows must turn red.

    breaks/      the breaks, a chapter a file
    registry.py  how a break is declared, and how it is made and mended
    tools.py     how parts of a twin, and of the package, are replaced
    run.py       the proof; __main__.py its command line
    dependants/  rows that turn red besides those that a break proves, with the reason
"""
