"""The journal's lines: what is recorded reads back, and what is no journal is told in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camtwin.simtime import journal
from camtwin.simtime.journal import End, Frame, JournalBroken, Log, Recorder, Write

START = {"model": "m", "seed": 7}
TIMES = st.integers(0, 2**63)
LINES = st.one_of(
    st.builds(Write, TIMES, st.integers(0, 2**32 - 1), st.binary(max_size=32)),
    st.builds(Log, TIMES, st.text()),
    st.builds(End, TIMES),
)


@given(st.lists(LINES, max_size=20))
def test_what_is_recorded_reads_back(lines):
    text: list[str] = []
    recorder = Recorder(text.append, START)
    for line in lines:
        if isinstance(line, Write):
            recorder.write(line.t_ns, line.address, line.data)
        elif isinstance(line, Log):
            recorder.log(line.t_ns, line.text)
        else:
            recorder.end(line.t_ns)
    start, read = journal.read(text)
    assert start["model"] == "m"
    assert list(read) == lines


def test_a_frame_is_kept_as_the_digest_of_its_bytes():
    text: list[str] = []
    Recorder(text.append, START).frame(5, 1, b"abc")
    # SHA-256 of "abc", FIPS 180-2, appendix B.1
    assert list(journal.read(text)[1]) == [Frame(5, 1, "ba7816bf8f01cfea414140de5dae2223")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ([], "line 1 is not the first line of a journal of format 2"),
        (["hello"], "line 1 is not JSON: 'hello'"),
        (['{"camtwin": "2"}'], "line 1 is not the first line of a journal of format 2"),
        (['{"camtwin": 1}'], "a journal of format 1, which this version cannot read; it reads format 2"),
        (['{"camtwin": 99}'], "a journal of format 99, which this version cannot read; it reads format 2"),
        (['{"camtwin": 2}', "[}\n"], "line 2 is not JSON"),
        (['{"camtwin": 2}', '["write", 1, 2]\n'], "line 2 does not belong in a journal"),
        (['{"camtwin": 2}', '["write", 1, 2, "xy"]\n'], "line 2 does not belong in a journal"),
        (['{"camtwin": 2}', '["jump", 1]\n'], "line 2 does not belong in a journal"),
    ],
)
def test_what_is_no_journal_is_one_line(text, message):
    with pytest.raises(JournalBroken, match=message):
        list(journal.read(text)[1])


@given(st.integers(1, 200))
def test_a_line_that_was_cut_was_not_written(cut):
    text: list[str] = []
    recorder = Recorder(text.append, START)
    for t_ns in range(3):
        recorder.write(t_ns, 4, bytes(20))
    whole = "".join(text)[: -min(cut, sum(map(len, text[1:])))]
    read = list(journal.read(whole.splitlines(keepends=True))[1])
    assert read == [Write(t_ns, 4, bytes(20)) for t_ns in range(whole.count("\n") - 1)]


@given(st.lists(st.text(max_size=40).map("{}\n".format), max_size=5))
def test_any_text_reads_or_is_refused(text):
    try:
        list(journal.read(text)[1])
    except JournalBroken as broken:
        assert "\n" not in str(broken)
