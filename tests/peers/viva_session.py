"""One viva-genicam host that lives on: a JSON step a line on stdin, a JSON answer a line on stdout.

A step is [verb, ...]: set NAME TEXT, execute NAME, register ADDRESS WORD, events NAMES, event (what the next
message says, and the features that follow from it; null if none comes), save FILE, load FILE, get NAME.
A refusal is {"error": text}.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import viva_genicam

ADDRESS = sys.argv[1]
WAIT_ms = 2000
(device,) = viva_genicam.discover(iface=ADDRESS)
camera = viva_genicam.Camera.open(device, iface=ADDRESS)
heard: list[viva_genicam.EventStream] = []


def event() -> dict[str, Any] | None:
    try:
        said = heard[0].next_event(WAIT_ms)
    except viva_genicam.TransportError:
        return None
    features = {name: int(str(value)) for name, value in camera.event_features(said).items()}
    return {"id": said.id, "timestamp": said.ts_dev, "data": said.data.hex(), **features}


VERBS = {
    "get": camera.get,
    "set": camera.set,
    "execute": lambda name: camera.execute(name) and None,
    "register": lambda address, word: camera.write_register(address, word.to_bytes(4, "big")),
    "events": lambda *names: heard.append(camera.events(names, iface=ADDRESS)),
    "event": event,
    "save": camera.save_features,
    "load": camera.load_features,
}

print(json.dumps("ready"), flush=True)
for line in sys.stdin:
    verb, *arguments = json.loads(line)
    try:
        answer = VERBS[verb](*arguments)
    except viva_genicam.GenicamError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
