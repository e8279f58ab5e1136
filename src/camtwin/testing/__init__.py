"""Cameras in tests: a pytest plugin (plugin.py), and the twins that its fixtures hand to tests.

stage.py      what can happen to a twin, at once or at a moment: twin.inject
seen.py       what reached it: twin.seen
twin.py       in process, in virtual time; served.py: on its link, for clients
artefacts.py  what is kept of a failed test
real.py       a real camera in a twin's place
"""
