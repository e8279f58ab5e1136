"""Golden runs: the twins repeat, byte for byte, their behaviour when these files were recorded.

A change that is meant to change them records them anew (`python tests/golden/record.py`), and says so.
"""

from __future__ import annotations

import gzip

import pytest

from camtwin.cli.common import session
from camtwin.links.base.record import reopen
from camtwin.twins.replay import replay
from golden import record


def recorded(name: str) -> bytes:
    return gzip.decompress((record.HERE / f"{name}.gz").read_bytes())


@pytest.mark.parametrize("model", record.MODELS)
def test_a_journal_replays(model, tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_bytes(recorded(f"{model}.jsonl"))
    with reopen(path, session) as (twin, lines):
        done = list(replay(twin, lines))
    different = [one for one in done if not one.same]
    assert not different, different[:3]
    assert len(done) > 1500


@pytest.mark.parametrize("name", record.TRACES)
def test_a_trace_is_the_same(name):
    again, before = (text.decode().splitlines() for text in (record.trace(name), recorded(f"{name}.trace")))
    different = [
        f"line {i}: {a[:300]} was {b[:300]}"
        for i, (a, b) in enumerate(zip(again, before, strict=False))
        if a != b
    ]
    assert not different, different[:3]
    assert len(again) == len(before)


def test_a_changed_frame_or_message_is_found(tmp_path):
    path = tmp_path / "run.jsonl"
    lines = recorded("sony-imx412-aack.jsonl").decode().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if line.startswith('["frame"'))
    path.write_text("".join((*lines[:at], lines[at][:-4] + 'x"]\n', *lines[at + 1 :])))
    with reopen(path, session) as (twin, again):
        assert [one.same for one in replay(twin, again)].count(False) == 1
