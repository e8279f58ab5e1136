"""Read and write features through stock Aravis: takes a JSON list of steps, prints a JSON list of answers.

With a second argument, usb, the camera is the first one on USB.

A step is [verb, feature, value?]; verbs: get, set, execute, bounds, entries, available, locked.
A refusal is {"error": text}.
Aravis' own checks of range and access are off, as by default: the camera alone judges.
"""

# pyright: reportMissingImports=false
import json
import sys

import gi

gi.require_version("Aravis", "0.8")
from gi.repository import Aravis, GLib  # noqa: E402

if usb := sys.argv[2:] == ["usb"]:
    Aravis.disable_interface("GigEVision")
device = Aravis.Camera.new(None if usb else "127.0.0.1").get_device()
genicam = device.get_genicam()


def get(node):
    if isinstance(node, Aravis.GcEnumeration):
        return node.get_string_value()
    return node.get_value()


def put(node, value):
    if isinstance(node, Aravis.GcEnumeration):
        node.set_string_value(value)
    else:
        node.set_value(value)


VERBS = {
    "get": get,
    "set": put,
    "execute": lambda node: node.execute(),
    "bounds": lambda node: [node.get_min(), node.get_max()],
    "entries": lambda node: sorted(node.dup_available_string_values()),
    "available": lambda node: node.is_available(),
    "locked": lambda node: node.is_locked(),
}


def step(verb, feature, *value):
    node = genicam.get_node(feature)
    if node is None:
        return {"error": f"no feature {feature}"}
    try:
        return VERBS[verb](node, *value)
    except GLib.Error as e:
        return {"error": e.message}


json.dump([step(*one) for one in json.loads(sys.argv[1])], sys.stdout)
