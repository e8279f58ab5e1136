"""The scheduler: order, cancelling, and that a chopped run equals a whole one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camtwin.simtime import Scheduler


def test_events_run_in_order_of_time_then_of_planning():
    clock, log = Scheduler(), []
    clock.at(20, log.append, "c")
    clock.at(10, log.append, "a")
    clock.at(10, log.append, "b")
    clock.advance_to(20)
    assert log == ["a", "b", "c"]
    assert clock.now == 20


def test_an_event_sees_its_own_time_and_may_plan_more():
    clock, log = Scheduler(), []

    def tick() -> None:
        log.append(clock.now)
        if clock.now < 50:
            clock.at(clock.now + 10, tick)

    clock.at(10, tick)
    clock.advance_to(1000)
    assert log == [10, 20, 30, 40, 50]


def test_the_past_is_refused():
    clock = Scheduler()
    clock.advance_to(100)
    with pytest.raises(ValueError, match="99 ns lies before now, 100 ns"):
        clock.at(99, print)
    with pytest.raises(ValueError, match="cannot go back to 50 ns"):
        clock.advance_to(50)


def test_cancelled_events_do_not_run_and_do_not_pile_up():
    clock, log = Scheduler(), []
    keep = clock.at(10**9, log.append, "kept")
    for _ in range(10_000):
        clock.cancel(clock.at(10**6, log.append, "struck"))
    assert len(clock._heap) < 200
    assert clock.next_time() == 10**9
    clock.advance_to(10**9)
    assert log == ["kept"]
    clock.cancel(keep)  # harmless: it ran
    assert clock.next_time() is None


@given(
    st.lists(st.tuples(st.integers(0, 100), st.booleans()), max_size=60),
    st.lists(st.integers(0, 100), max_size=10).map(sorted),
)
def test_a_chopped_run_equals_a_whole_one(plans, stops):
    logs = []
    for chops in ([], stops):
        clock, log = Scheduler(), []
        entries = [clock.at(t, log.append, (t, i)) for i, (t, _) in enumerate(plans)]
        for entry, (_, struck) in zip(entries, plans, strict=True):
            if struck:
                clock.cancel(entry)
        for t in [*chops, 100]:
            clock.advance_to(t)
        logs.append(log)
    assert logs[0] == logs[1] == sorted(logs[0])
    assert len(logs[0]) == sum(not struck for _, struck in plans)
