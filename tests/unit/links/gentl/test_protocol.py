"""Both sides of the socket say the same: protocol.h and wire/gentl.py are compared by a compiler."""

from __future__ import annotations

import re
import subprocess
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import Final

from camtwin.links import native
from camtwin.links.gentl.memory import SLOTS
from camtwin.wire import gentl

ENUMS: Final[dict[str, type[IntEnum] | type[IntFlag]]] = {
    "ASK_": gentl.Ask,
    "NEWS_": gentl.Tell,
    "FRAME_": gentl.FrameFlag,
    "DEVICE_ACCESS_": gentl.Access,
    "DEVICE_ACCESS_STATUS_": gentl.AccessStatus,
    "GC_ERR_": gentl.Error,
}
OWN: Final = {  # where a name of the wire is not that of the C side
    "ASK_TAKEN": "TELL_TAKEN",
    "ASK_RELEASED": "TELL_RELEASED",
    "GC_ERR_WRITE_PROTECT": "GC_ERR_ACCESS_DENIED",
    "GC_ERR_INVALID_PARAMETER": "GC_ERR_INVALID_VALUE",
    "GC_ERR_BAD_QUESTION": "GC_ERR_INVALID_PARAMETER",
}
SIZES: Final = {
    "struct ask": gentl.ASK.size,
    "struct answer": gentl.ANSWER.size,
    "struct news": gentl.NEWS.size,
    "struct memory": gentl.MEMORY.size,
    "struct frame": gentl.FRAME.size,
}
FRAME: Final = (
    *("generation", "slot", "bytes", "timestamp_ns", "frame_id", "pixel_format", "chunk_layout"),
    *("width", "height", "x", "y", "flags"),
)
"""Members of struct frame, as `wire.gentl.frame` packs them: seven of 8 bytes, then of 4."""


def test_the_same_numbers(tmp_path: Path) -> None:
    numbers = {
        f"{prefix}{name}": int(value)
        for prefix, kind in ENUMS.items()
        for name, value in kind.__members__.items()
    }
    lines = [
        f'_Static_assert({OWN.get(name, name)} == {value}, "{name}");' for name, value in numbers.items()
    ]
    lines += [f'_Static_assert(sizeof({name}) == {size}, "{name}");' for name, size in SIZES.items()]
    offsets = [8 * min(i, 7) + 4 * max(0, i - 7) for i in range(len(FRAME))]
    lines += [
        f'_Static_assert(offsetof(struct frame, {name}) == {offset}, "{name}");'
        for name, offset in zip(FRAME, offsets, strict=True)
    ]
    lines += [
        f'_Static_assert(MAX_MESSAGE == {gentl.MAX_MESSAGE} && MAX_PART == {gentl.MAX_PART}, "limits");',
        f'_Static_assert(MAX_SLOTS >= {SLOTS}, "slots");',
        f'_Static_assert(sizeof(SOCKET_PREFIX) - 1 == {len(gentl.SOCKET_PREFIX)}, "prefix");',
    ]
    source = tmp_path / "same.c"
    source.write_text('#include "gentl/gentl.h"\n#include "gentl/protocol.h"\n' + "\n".join(lines))
    done = subprocess.run(
        ["cc", "-std=gnu11", "-fsyntax-only", "-I", native.headers(), source], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_same_names() -> None:
    header = native.sources(native.GENTL)["gentl/protocol.h"].decode()
    assert f'#define SOCKET_PREFIX "{gentl.SOCKET_PREFIX}"' in header
    fields = re.search(r"enum field \{(.*?)FIELDS", header, re.S)
    assert fields
    record = gentl.Record.__dataclass_fields__
    assert len(re.findall(r"FIELD_\w+", fields[1])) == len(record)
