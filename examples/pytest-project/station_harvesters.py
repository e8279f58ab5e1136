"""The station's program on Harvesters: find, set and grab, as in station.py; a camera is named by its serial.

Producers are found by the variable GENICAM_GENTL64_PATH, as by other programs.
"""

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path

from harvesters.core import Harvester


@contextmanager
def harvester():
    with Harvester() as h:
        for folder in os.environ["GENICAM_GENTL64_PATH"].split(":"):
            for file in Path(folder).glob("*.cti"):
                h.add_file(str(file))
        h.update()
        yield h


@contextmanager
def opened(serial, texts):
    with harvester() as h, h.create({"serial_number": serial}) as camera:
        for text in texts:
            name, _, value = text.partition("=")
            getattr(camera.remote_device.node_map, name).from_string(value)
        yield camera


def find():
    with harvester() as h:
        return [{"serial": each.serial_number, "address": each.serial_number} for each in h.device_info_list]


def set_features(serial, texts):
    with opened(serial, texts) as camera:
        names = [text.partition("=")[0] for text in texts]
        return {name: getattr(camera.remote_device.node_map, name).to_string() for name in names}


def grab(serial, count, texts, *, trigger=False):
    frames = []
    with opened(serial, texts) as camera:
        node_map = camera.remote_device.node_map
        camera.start()
        for _ in range(count):
            if trigger:
                node_map.TriggerSoftware.execute()
            with camera.fetch(timeout=10) as buffer:
                frame = {"status": "success", "id": buffer.module.frame_id}
                if buffer.module.is_containing_chunk_data():
                    frame["exposure_us"] = node_map.ChunkExposureTime.value
            frames.append(frame)
        camera.stop()
    return frames


def main(command, serial="", *words):
    if command == "find":
        return find()
    if command == "set":
        return set_features(serial, words)
    texts = [word for word in words[1:] if not word.startswith("--")]
    return grab(serial, int(words[0]), texts, trigger="--trigger" in words)


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
