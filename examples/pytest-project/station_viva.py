"""The station's program on viva-genicam: set, grab and watch, as in station.py."""

import json
import sys
import time

import viva_genicam

PACKET_BYTES = 1500


def local(address):
    """Tell whether a camera is on the loopback, which viva-genicam has to be told."""
    return address.startswith("127.")


def opened(address):
    host = address if local(address) else None
    (device,) = [each for each in viva_genicam.discover(iface=host) if each.ip == address]
    return viva_genicam.Camera.open(device, iface=host)


def set_features(address, texts):
    camera = opened(address)
    for text in texts:
        camera.set(*text.split("="))
    values = {text.partition("=")[0]: camera.get(text.partition("=")[0]) for text in texts}
    camera.close()
    return values


def grab(address, count, texts, *, trigger=False, resend=True, frames=None):
    camera = opened(address)
    for text in texts:
        camera.set(*text.split("="))
    frames = [] if frames is None else frames
    options = {"packet_size": PACKET_BYTES, "resend": resend, "deliver_incomplete": True}
    try:
        with camera.stream(iface="127.0.0.1" if local(address) else None, **options) as stream:
            for _ in range(count):
                if trigger:
                    camera.trigger_software()
                image = stream.next_frame(timeout_ms=3000)
                frame = {"status": "success" if image.is_complete else "incomplete", "id": image.block_id}
                if image.chunks:
                    frame["exposure_us"] = float(camera.chunk_features(image)["ChunkExposureTime"])
                frames.append(frame)
    finally:
        camera.close()
    return frames


def watch(address, count, texts, patience_s=30.0):
    """Take images; when none comes, connect again. Returns how many came before and after."""
    counts, ends = [], time.monotonic() + patience_s
    while len(counts) < 2 and time.monotonic() < ends:
        frames = []
        try:
            grab(address, count, texts, frames=frames)
        except (viva_genicam.GenicamError, ValueError):
            time.sleep(0.2)  # it is not there, or another one is in control
        if frames:
            counts.append(len(frames))
    return counts


def main(command, address, *words):
    if command == "set":
        return set_features(address, words)
    if command == "watch":
        return watch(address, int(words[0]), words[1:])
    options = {"trigger": "--trigger" in words, "resend": "--no-resend" not in words}
    return grab(address, int(words[0]), [w for w in words[1:] if not w.startswith("--")], **options)


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
