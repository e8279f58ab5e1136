"""The station's program on GStreamer's aravissrc, run by a Python that has gi: prints each image's bytes.

grab ADDRESS COUNT NAME=VALUE ...
"""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

WAIT_ns = 5 * 10**9


def grab(address, count, texts):
    Gst.init(None)
    source = f'aravissrc camera-name={address} packet-resend=true features="{" ".join(texts)}"'
    pipeline = Gst.parse_launch(
        f"{source} ! fakesink name=sink enable-last-sample=false signal-handoffs=true"
    )
    sizes = []

    def take(_sink, buffer, _pad):
        sizes.append(buffer.get_size())
        if len(sizes) == count:
            pipeline.get_bus().post(Gst.Message.new_eos(pipeline))

    pipeline.get_by_name("sink").connect("handoff", take)
    pipeline.set_state(Gst.State.PLAYING)
    kinds = Gst.MessageType.ERROR | Gst.MessageType.EOS
    pipeline.get_bus().timed_pop_filtered(count * WAIT_ns, kinds)
    pipeline.set_state(Gst.State.NULL)
    return sizes[:count]


if __name__ == "__main__":
    _, _, where, number, *features = sys.argv
    print(json.dumps(grab(where, int(number), features)))
