"""Stock Aravis saves and loads user sets, on a twin that is switched off in between; GenApi hears of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from peers.netns import CAMTWIN, Namespace, sabotaged, twin
from peers.test_genapi import nodes_of

VALUES = {"Gain": 4.5, "ExposureTime": 777.0, "Width": 640, "PixelFormat": "Mono12", "ReverseX": True}
FACTORY = {"Gain": 0.0, "ExposureTime": 4000.0, "Width": 4096, "PixelFormat": "Mono8", "ReverseX": False}


def check_user_sets(directory: Path, command: Sequence[str | Path] = CAMTWIN) -> None:
    """Save a user set from one host, load it from another after a restart."""
    kept = ("--nonvolatile", str(directory))
    saved = [
        *(("set", name, value) for name, value in VALUES.items()),
        ("set", "UserSetSelector", "UserSet2"),
        ("execute", "UserSetSave"),
        ("set", "UserSetSelector", "UserSet0"),
        ("available", "UserSetSave"),
        ("execute", "UserSetLoad"),
        *(("get", name) for name in VALUES),
    ]
    with twin(*kept, command=command) as net:
        answers = net.aravis("features", json.dumps(saved))
        assert answers[-6:] == [None, *FACTORY.values()]
        assert answers[-7] is False, "the factory's set is read-only"
    with twin(*kept, command=command) as net:
        read = [("get", name) for name in VALUES]
        loaded = [*read, ("set", "UserSetSelector", "UserSet2"), ("execute", "UserSetLoad"), *read]
        answers = net.aravis("features", json.dumps(loaded))
        assert answers == [*FACTORY.values(), None, None, *VALUES.values()]


def test_user_sets_survive_the_power(tmp_path):
    check_user_sets(tmp_path)


def check_caches(net: Namespace) -> None:
    """GenApi keeps what it has read and written; loading a set has to tell it to read again."""
    with nodes_of(net) as nodes:
        for name, value in VALUES.items():
            nodes.get_node(name).value = value
        assert [nodes.get_node(name).value for name in VALUES] == [*VALUES.values()]
        assert nodes.get_node("OffsetX").max == 4096 - 640
        nodes.get_node("UserSetSelector").value = "UserSet0"
        nodes.get_node("UserSetLoad").execute()
        assert [nodes.get_node(name).value for name in FACTORY] == [*FACTORY.values()]
        assert nodes.get_node("OffsetX").max == 0


def test_hosts_are_told_what_a_loaded_set_changes():
    with twin() as net:
        check_caches(net)


def test_a_set_that_is_forgotten_turns_red(tmp_path):
    with pytest.raises(AssertionError):
        check_user_sets(tmp_path, sabotaged("user-sets-forgotten"))


def test_a_set_that_hosts_do_not_hear_of_turns_red():
    with twin(command=sabotaged("user-sets-unheard")) as net, pytest.raises(AssertionError):
        check_caches(net)
