"""Controls and events of the nodes, by the rules of Linux' control framework."""

from __future__ import annotations

from errno import EACCES, EBUSY, EINVAL, ENOENT, ERANGE

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from camtwin.wire.v4l2 import controls as c
from camtwin.wire.v4l2 import ioctls as io
from camtwin.wire.v4l2 import messages as m
from camtwin.wire.v4l2.layout import array, joined
from unit.links.v4l2.fake_camera import CONTROLS, EXPOSURE, GAIN, HOLD, LINK, PATTERN
from unit.links.v4l2.running import Client, RunningCamera


@pytest.fixture(scope="module")
def camera(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        with RunningCamera() as running:
            yield running


@pytest.fixture(autouse=True)
def defaults(camera):
    yield
    camera.driver.broken = False
    camera.do(lambda: camera.driver.set({EXPOSURE: 100, GAIN: 1000, PATTERN: 0, HOLD: 0}))


@pytest.fixture
def client(camera):
    with camera.open() as opened:
        yield opened


def several(
    client: Client, number: int, *values: tuple[int, int], which: int = 0
) -> tuple[int, c.ExtControls, list[int]]:
    """Return the errno, the head and the values of a call with several controls."""
    head = c.ExtControls(which, len(values), 0, 0, (0,), 0x1000).pack()
    result, data = client.ioctl(
        number, head + joined([c.ExtControl(id, 0, 0, value) for id, value in values])
    )
    found = [one.value for one in array(c.ExtControl, data[c.ExtControls.sizeof() :])]
    return -result, c.ExtControls.unpack(data), found


def subscribe(client: Client, id: int, flags: int = 0) -> None:
    assert client.ioctl(io.SUBSCRIBE_EVENT, c.Subscription(c.EVENT_CTRL, id, flags).pack())[0] == 0


def event(client: Client) -> tuple[int, c.ControlEvent] | None:
    result, data = client.ioctl(io.DQEVENT, bytes(c.Event.sizeof()))
    if result == -ENOENT:
        return None
    told = c.Event.unpack(data)
    return told.id, c.ControlEvent.unpack(told.data)


def test_a_list_has_headings_and_controls_in_order(client):
    found: list[tuple[int, int]] = []
    number = c.NEXT_CTRL
    while (result := client.ioctl(io.QUERYCTRL, c.QueryControl(number).pack()))[0] == 0:
        told = c.QueryControl.unpack(result[1])
        found.append((told.id, told.type))
        number = told.id | c.NEXT_CTRL
    classes = [0x980001, 0x9A0001, 0x9F0001]
    assert [id for id, _ in found] == sorted([*classes, *(control.id for control in CONTROLS)])
    assert [id for id, kind in found if kind == c.CLASS] == classes


def test_values_are_moved_into_their_range(client):
    assert client.call(io.S_CTRL, c.ControlValue(EXPOSURE, 10**6)).value == 3000
    assert client.call(io.S_CTRL, c.ControlValue(EXPOSURE, -5)).value == 8
    assert client.call(io.S_CTRL, c.ControlValue(HOLD, -7)).value == 1
    assert client.ioctl(io.S_CTRL, c.ControlValue(PATTERN, 2).pack())[0] == -ERANGE


def test_what_a_plain_call_cannot_reach(client):
    assert client.ioctl(io.G_CTRL, c.ControlValue(GAIN, 0).pack())[0] == -EINVAL
    assert client.ioctl(io.S_CTRL, c.ControlValue(LINK, 0).pack())[0] == -EACCES
    assert client.ioctl(io.G_CTRL, c.ControlValue(0x980001, 0).pack())[0] == -EACCES
    assert client.ioctl(io.G_CTRL, c.ControlValue(12, 0).pack())[0] == -EINVAL


def test_several_are_set_as_a_whole(client, camera):
    assert several(client, io.S_EXT_CTRLS, (EXPOSURE, 500), (GAIN, 2**40))[::2] == (0, [500, 356_176])
    error, head, _ = several(client, io.S_EXT_CTRLS, (EXPOSURE, 600), (LINK, 0))
    assert (error, head.error_idx) == (EACCES, 2)
    assert camera.driver.values[EXPOSURE] == 500
    camera.driver.broken = True
    assert several(client, io.S_EXT_CTRLS, (EXPOSURE, 600))[0] == EINVAL


def test_which_of_them_a_trial_complains_about(client, camera):
    error, head, _ = several(client, io.TRY_EXT_CTRLS, (EXPOSURE, 600), (PATTERN, 9), (LINK, 0))
    assert (error, head.error_idx) == (ERANGE, 1)
    assert several(client, io.TRY_EXT_CTRLS, (EXPOSURE, 9999))[2] == [3000]
    assert camera.driver.values[EXPOSURE] == 100


def test_classes_and_defaults(client, camera):
    camera.do(lambda: camera.driver.set({EXPOSURE: 333}))
    assert several(client, io.G_EXT_CTRLS, (EXPOSURE, 0), which=c.DEFAULT_VALUES)[2] == [100]
    assert several(client, io.G_EXT_CTRLS, (EXPOSURE, 0), which=0x98_0000)[2] == [333]
    assert several(client, io.G_EXT_CTRLS, (EXPOSURE, 0), which=0x9A_0000)[0] == EINVAL
    assert several(client, io.S_EXT_CTRLS, (EXPOSURE, 0), which=c.DEFAULT_VALUES)[0] == EINVAL
    assert several(client, io.G_EXT_CTRLS, which=c.REQUEST_VALUES)[0] == EINVAL


def test_menus(client):
    assert client.call(io.QUERYMENU, c.QueryMenu(PATTERN, 1, bytes(32), 0)).item.rstrip(b"\0") == b"Bars"
    told = client.call(io.QUERYMENU, c.QueryMenu(LINK, 0, bytes(32), 0))
    assert int.from_bytes(told.item[:8], "little") == 10**9
    assert client.ioctl(io.QUERYMENU, c.QueryMenu(PATTERN, 2, bytes(32), 0).pack())[0] == -EINVAL


def test_a_control_that_a_stream_holds(client, camera):
    camera.driver.streaming = True
    try:
        assert client.ioctl(io.S_CTRL, c.ControlValue(PATTERN, 1).pack())[0] == -EBUSY
        told = c.QueryControl.unpack(client.ioctl(io.QUERYCTRL, c.QueryControl(PATTERN).pack())[1])
        assert told.flags & c.GRABBED
    finally:
        camera.driver.streaming = False


def test_a_change_is_an_event_for_others(client, camera):
    with camera.open() as other:
        subscribe(client, EXPOSURE)
        subscribe(other, EXPOSURE)
        client.call(io.S_CTRL, c.ControlValue(EXPOSURE, 321))
        assert event(client) is None
        told = event(other)
        assert told is not None
        assert (told[0], told[1].changes, told[1].value) == (EXPOSURE, c.CHANGED_VALUE, 321)
        assert event(other) is None


def test_feedback_and_first_values_on_request(client):
    subscribe(client, EXPOSURE, c.EVENT_SEND_INITIAL | c.EVENT_ALLOW_FEEDBACK)
    first = event(client)
    assert first is not None
    assert (first[1].changes, first[1].value) == (c.CHANGED_VALUE | c.CHANGED_FLAGS, 100)
    client.call(io.S_CTRL, c.ControlValue(EXPOSURE, 222))
    second = event(client)
    assert second is not None
    assert second[1].value == 222


def test_events_that_nobody_fetches_become_one(client, camera):
    subscribe(client, EXPOSURE)
    for value in (200, 300, 400):
        camera.do(lambda value=value: camera.driver.set({EXPOSURE: value}))
    told = event(client)
    assert told is not None
    assert told[1].value == 400
    assert event(client) is None


def test_poll_waits_for_an_event(client, camera):
    subscribe(client, EXPOSURE)
    with client.send(m.request(m.POLL, m.POLL_PRI, size=1)) as waiting:
        assert client.receive(waiting)[0] == 0
        camera.do(lambda: camera.driver.set({EXPOSURE: 555}))
        assert client.receive(waiting)[0] == m.POLL_PRI
    assert client.poll(m.POLL_PRI) == m.POLL_PRI
    client.ioctl(io.UNSUBSCRIBE_EVENT, c.Subscription(c.EVENT_ALL, 0, 0).pack())
    assert client.poll(m.POLL_PRI) == 0


def test_both_nodes_have_the_same_controls(camera, client):
    with camera.open("v4l-subdev") as sensor:
        sensor.call(io.S_CTRL, c.ControlValue(EXPOSURE, 777))
        assert client.call(io.G_CTRL, c.ControlValue(EXPOSURE, 0)).value == 777


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(id=some.sampled_from([EXPOSURE, GAIN, HOLD]), value=some.integers(-(2**63), 2**63 - 1))
def test_whatever_is_set_is_read_back_within_its_limits(client, camera, id, value):
    error, _, values = several(client, io.S_EXT_CTRLS, (id, value))
    assert error == 0
    low, high, _, _ = camera.driver.limits(id)
    assert low <= camera.driver.values[id] <= high
    assert several(client, io.G_EXT_CTRLS, (id, 0))[2][0] & 0xFFFF_FFFF == values[0] & 0xFFFF_FFFF
