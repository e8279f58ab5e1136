"""Spoiled descriptions and ZIPs: each gives a sheet or one line, in bounded time of the processor and memory.

python tests/unit/genicam/fuzz_adopt.py --count 100000
"""

from __future__ import annotations

import argparse
import io
import random
import re
import resource
import sys
import time
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).parents[2]))

from camtwin.genicam.foreign import ForeignInvalid, read
from camtwin.genicam.foreign_features import features_of
from camtwin.genicam.node_map import NodeMap
from camtwin.planner.adopt import Wanted, adopt
from unit.genicam.adopted_twin import twin_of, write_and_read
from unit.genicam.small_camera import DESCRIPTION, HEAD

MAX_SECONDS, MAX_MEMORY_KiB = 10.0, 400_000
WHOLE = 20
"""One case in so many is made a sheet, the others are read and evaluated."""
TWIN = 200
"""One case in so many is made a twin, whose registers are written and read."""
TEXTS = (
    *(
        "",
        "0",
        "-1",
        "0x",
        "1e999",
        "nan",
        str(2**63),
        str(2**64),
        "9" * 30,
        "Width",
        "WidthReg",
        "LampLevel",
        "Root",
    ),
    *(
        "(" * 70,
        "1/0",
        "TO",
        "X+1",
        "1?2",
        "2**2**9999",
        "1<<99999",
        "((((1))))",
        "\x01",
        "é" * 99,
        "]]>",
        "&#0;",
    ),
    *(
        "a" * 5000,
        "../x",
        "__class__",
        "DeviceVendorName",
        "Mono8",
        "WO",
        "LittleEndian",
        " RW ",
        "65536",
        "-0x8",
    ),
)
BOMBS = (
    b"<!DOCTYPE a [<!ENTITY a 'b'>]><RegisterDescription/>",
    f"{HEAD}{'<a>' * 5000}".encode(),
    f"{HEAD}{'<IntReg Name=' * 2000}".encode(),
    (
        HEAD + "".join(f'<Integer Name="L{i}"><pValue>L{i + 1}</pValue></Integer>' for i in range(3000))
    ).encode(),
    f"{HEAD}<Category Name='Root'>{'<pFeature>Root</pFeature>' * 5000}</Category>".encode(),
)


def case(rng: random.Random) -> bytes:
    """Return one spoiled description."""
    if rng.random() < 0.02:
        return rng.choice(BOMBS)
    text = DESCRIPTION
    for _ in range(rng.choice((1, 1, 2, 4, 9))):
        text = _spoiled(rng, text)
    data = bytearray(text.encode("utf-8", "replace"))
    if rng.random() < 0.1:
        data[rng.randrange(len(data))] = rng.randrange(256)
    if rng.random() < 0.2:
        data = bytearray(_zipped(rng, bytes(data)))
        while rng.random() < 0.4:
            data[rng.randrange(len(data))] = rng.randrange(256)
        if rng.random() < 0.2:
            del data[rng.randrange(len(data)) :]
    return bytes(data)


def _zipped(rng: random.Random, data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for number in range(rng.choice((1, 1, 1, 0, 2))):
            archive.writestr(f"{'../' * rng.randrange(3)}a{number}", data)
    return packed.getvalue()


def _spoiled(rng: random.Random, text: str) -> str:
    """Return the text with a line dropped, or with another text, tag, reference or element in it."""
    kind = rng.choice((0, 0, 1, 1, 1, 1, 2, 2, 3, 4))
    if kind == 0:
        lines = text.split("\n")
        del lines[rng.randrange(len(lines))]
        return "\n".join(lines + [rng.choice(lines)] * (rng.random() < 0.05))
    pattern = (r">([^<>]*)<", r'="([^"]*)"', r"<(/?\w+)", r"<(\w+)>[^<>]*</\1>")[kind - 1]
    found = [*re.finditer(pattern, text)]
    if not found:
        return text
    match = rng.choice(found)
    if kind == 4:
        return text[: match.start()] + match[0] * rng.randrange(3) + text[match.end() :]
    other = rng.choice(TEXTS) if rng.random() < 0.5 else rng.choice(found)[1]
    if rng.random() < 0.95:
        other = escape("".join(c for c in other if c.isprintable()), {'"': "&quot;"})
    return text[: match.start(1)] + other + text[match.end(1) :]


def run(data: bytes, *, whole: bool, host: random.Random | None = None) -> str:
    """Return what became of a case: a sheet, values, or the line that refuses it.

    host: chance by which registers of the sheet's twin are written
    """
    try:
        if whole:
            words = {f"{size}.max": 64 for size in ("Width", "Height")} if host else {}
            found = adopt(data, Wanted(name="fuzz", file="f.xml", values={}, given=words, assume=bool(host)))
            if host:
                write_and_read(twin_of(found), host)
            return "adopted"
        nodes = NodeMap(read(data))
        features_of(nodes)
        return "read"
    except ForeignInvalid as refused:
        line = str(refused)
        assert "\n" not in line, line
        assert len(line) < 600, line
        return "refused"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    print(f"{fuzz(options.count, options.seed)}; nothing found")


def fuzz(count: int, seed: int) -> dict[str, int]:
    """Try so many cases and count what became of them; a crash names the case."""
    became: dict[str, int] = {}
    for number in range(count):
        data = case(random.Random(f"{seed}/{number}"))
        began = time.process_time()
        try:
            host = random.Random(f"{seed}/{number}/host") if number % TWIN == 0 else None
            what = run(data, whole=number % WHOLE == 0, host=host)
        except Exception as error:
            raise AssertionError(f"seed {seed}, case {number}: {type(error).__name__}: {error}") from error
        assert time.process_time() - began < MAX_SECONDS, f"seed {seed}, case {number} took too long"
        became[what] = became.get(what, 0) + 1
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert used < MAX_MEMORY_KiB, f"{used} KiB of memory"
    return became


if __name__ == "__main__":
    main()
