"""A sensor module behind its driver: registers over the bus, frames, rates, controls that agree."""

from __future__ import annotations

from fractions import Fraction

import pytest

import camtwin
from camtwin import Problem
from camtwin.camera.module.driver import Busy
from camtwin.models import load_registers
from camtwin.units import MS, SEC
from camtwin.wire.csi2.cci import Read, Write

MODEL = "framos-fsm-imx412"
AT = {
    register.address: (name, register.bytes) for name, register in load_registers("imx412").registers.items()
}


def opened(**options):
    return camtwin.open_module(MODEL, **options)


def value(module, name):
    return module.driver.get(module.driver.control(name).id)


def limits(module, name):
    return module.driver.limits(module.driver.control(name).id)


def put(module, **values):
    module.driver.set({module.driver.control(name).id: one for name, one in values.items()})


def written(module):
    """Return the list that fills with the registers written, (address, name, value)."""
    found = []

    def note(messages, _):
        for one in messages:
            if isinstance(one, Write) and len(one.data) > 2:
                name, _ = AT[int.from_bytes(one.data[:2], "big")]
                found.append((one.address, name, int.from_bytes(one.data[2:], "big")))

    module.carrier.on_transfer.subscribe(note)
    return found


def rate(frames):
    return Fraction((len(frames) - 1) * SEC, frames[-1].timestamp_ns - frames[0].timestamp_ns)


@pytest.mark.parametrize(
    ("modes", "lines"),
    [
        ("framos-fsm-imx412-4-lanes", [3106, 3092, 2212, 1132, 3092]),
        ("framos-fsm-imx412-2-lanes", [3101, 3092, 2212, 1132, 3092]),
    ],
)
def test_modes_stream_at_their_rates(modes, lines):
    """Frame lengths are those of the driver's table; 59.9 and 30 frames/s are the sheet's, divided whole."""
    module = opened(modes=modes)
    for number, (mode, length) in enumerate(zip(module.driver.modes, lines, strict=True)):
        module.driver.select(number)
        module.driver.start()
        frames = module.grab(101)
        module.driver.stop()
        exact = Fraction(mode.pix_clk_hz, mode.line_length * length)
        assert abs(frames[-1].timestamp_ns - frames[0].timestamp_ns - 100 * SEC / exact) <= 1
        assert [frame.number for frame in frames] == list(range(101))
        assert frames[0].configuration.geometry.width == mode.active_w
        assert frames[0].configuration.clocks.lanes == mode.num_lanes
    assert module.remarks == []


def test_the_order_on_the_bus_is_reset_id_init_mode_controls_stream():
    module = opened()
    transfers, registers = [], written(module)
    module.carrier.on_transfer.subscribe(lambda messages, done: transfers.append(messages))
    module.driver.start()
    board = module.carrier.sheet.board.expander
    assert transfers[:3] == [
        (Write(board, b"\xfe"),),
        (Write(board, b"\xff"),),
        (Write(0x1A, b"\x00\x16"), Read(0x1A, 2)),
    ]
    names = [name for _, name, _ in registers]
    assert names[: len(module.driver.sheet.init)] == list(module.driver.sheet.init)
    assert names.index("phy_ctrl") < names.index("x_addr_start") < names.index("coarse_integration_time")
    assert registers[-1] == (0x1A, "mode_select", 1)


def test_exposures_are_one_quantity_in_three_units():
    module = opened()
    put(module, exposure=5000)
    assert (value(module, "exposure_lines"), value(module, "exposure_absolute")) == (931, 50)
    put(module, exposure_absolute=100)
    assert (value(module, "exposure"), value(module, "exposure_lines")) == (10000, 1861)
    put(module, exposure_lines=3084)
    assert value(module, "exposure") == limits(module, "exposure").max == 16571


def test_a_rate_moves_the_limits_of_exposures():
    module, told = opened(), []
    module.driver.on_control.subscribe(told.append)
    put(module, frame_rate=1_500_000)
    assert limits(module, "exposure").max == 660_000
    put(module, exposure=660_000)
    assert value(module, "exposure") == pytest.approx(660_000, abs=11)  # lines, in twos
    told.clear()
    put(module, frame_rate=59_900_000)
    assert value(module, "exposure") == 16571
    assert {module.driver.control(one).id for one in ("frame_rate", "vertical_blanking", "exposure")} <= set(
        told
    )


def test_gain_is_analogue_then_digital():
    module = opened()
    put(module, gain=2000)
    assert (value(module, "analogue_gain"), value(module, "gain_linux")) == (512, 2000)
    put(module, gain=44522)
    assert (value(module, "analogue_gain"), module.driver.drive.digital) == (978, 512)
    put(module, analogue_gain=512)
    assert value(module, "gain") == 4000


@pytest.mark.parametrize("name", ["gain", "exposure", "exposure_absolute", "frame_rate", "vertical_blanking"])
def test_what_is_read_can_be_set_and_changes_nothing(name):
    module = opened()
    low, high, *_ = limits(module, name)
    for wanted in range(low, high, max(1, high // 211)):
        put(module, **{name: wanted})
        before = module.driver.drive
        put(module, **{name: value(module, name)})
        assert module.driver.drive == before


def test_controls_are_set_all_or_none():
    module = opened()
    before = module.driver.drive
    with pytest.raises(Problem, match=r"^Gain 999 x 1000 is below the minimum 1000 x 1000$"):
        put(module, exposure=5000, gain=999)
    with pytest.raises(Problem, match=r"^Exposure 16572 us is above the maximum 16571 us$"):
        put(module, exposure=16572)
    with pytest.raises(Problem, match="Pixel Rate is read only"):
        put(module, pixel_rate=1)
    assert module.driver.drive == before
    put(module, exposure=30_000, frame_rate=20_000_000)  # the exposure fits the rate that comes with it
    assert value(module, "exposure") == pytest.approx(30_000, abs=3)


def test_modes_and_master_do_not_change_in_a_stream():
    module = opened()
    module.driver.start()
    for change in (
        lambda: module.driver.select(1),
        lambda: put(module, sensor_mode=1),
        lambda: put(module, operation_mode=1),
        lambda: module.driver.reload(module.driver.modes),
    ):
        with pytest.raises(Busy, match="not while the module streams"):
            change()


def test_writes_in_a_stream_are_held_together():
    module = opened()
    module.driver.start()
    registers = written(module)
    put(module, exposure=5000, gain=2000)
    assert [name for _, name, _ in registers] == [
        "grouped_parameter_hold",
        "coarse_integration_time",
        "analog_gain_code_global",
        "grouped_parameter_hold",
    ]
    registers.clear()
    put(module, group_hold=1)
    put(module, exposure=6000)
    put(module, group_hold=0)
    assert [(name, one) for _, name, one in registers] == [
        ("grouped_parameter_hold", 1),
        ("coarse_integration_time", 1117),
        ("grouped_parameter_hold", 0),
    ]


def test_a_frame_in_flight_does_not_arrive_in_the_next_stream():
    module, numbers = opened(), []
    module.driver.on_frame.subscribe(lambda frame: numbers.append(frame.number))
    module.driver.start()
    module.wait(42 * MS)
    module.driver.stop()
    module.driver.start()
    module.grab(2)
    assert numbers == [0, 0, 1]


@pytest.mark.parametrize("MHz", [6, 12, 18, 24, 27])
def test_clocks_of_adapters(MHz):
    module = opened(inck_MHz=MHz)
    module.driver.start()
    assert float(rate(module.grab(11))) == pytest.approx(59.9, abs=0.05)
    assert module.grab(1)[0].configuration.clocks.lane_bps <= 2_099_250_000
    listed = [] if MHz != 24 else ["INCK: 24 MHz is none of the 6, 12, 18, 27 MHz of the FSM-IMX412"]
    assert module.remarks == listed


def test_a_slave_waits_for_xvs():
    module = opened()
    put(module, operation_mode=1)
    module.driver.start()
    assert module.grab(1, SEC) == []
    module.carrier.synchronize(20 * MS)
    assert rate(module.grab(11)) == 50


def spread_ns(mode, count):
    """Stream two modules with clocks 100 ppm apart on one XVS; return line time and the widest gap in ns."""
    carrier = camtwin.open_modules(MODEL, 2, drifts_ppm=(50, -50))
    frames = [[], []]
    for module, found in zip(carrier.modules, frames, strict=True):
        module.driver.on_frame.subscribe(found.append)
        put(module, sensor_mode=3, operation_mode=mode)
        module.driver.start()
    carrier.synchronize(5 * MS)
    while min(map(len, frames)) < count:
        due_ns = carrier.clock.next_time()
        assert due_ns is not None
        carrier.clock.advance_to(due_ns)
    first, second = ([frame.timestamp_ns for frame in found[:count]] for found in frames)
    apart = [b - a for a, b in zip(first, second, strict=True)]
    line_ns = carrier.modules[0].driver.plan.line_ns
    return line_ns, max(apart) - min(apart) if mode == 0 else max(map(abs, apart))


def test_two_modules_on_one_xvs_start_within_a_line():
    line_ns, apart_ns = spread_ns(1, 10_000)
    assert apart_ns <= line_ns
    line_ns, apart_ns = spread_ns(0, 200)  # each by itself they drift apart
    assert apart_ns > 10 * line_ns


def test_what_is_broadcast_reaches_both():
    carrier = camtwin.open_modules(MODEL, 2)
    one, other = carrier.modules
    for module in carrier.modules:
        module.driver.start()
    put(one, exposure=5000)
    held = lambda: [each.sensor.file.values()["coarse_integration_time"] for each in (one, other)]  # noqa: E731
    assert held() == [931, 1861]
    for module in carrier.modules:
        put(module, broadcast=1)
    put(one, exposure=2000)
    assert held() == [372, 372]
    put(one, broadcast=0)
    put(one, exposure=1000)
    assert held() == [186, 372]


def test_the_eeprom_names_the_module():
    module = opened()
    address = module.eeprom.address
    found = module.transfer(Write(address, b"\0\0"), Read(address, 48)).reads[0]
    assert found.split(b"\0")[:3] == [b"FRAMOS", b"FSM-IMX412C (V1B)", module.twin.camera.serial.encode()]
    assert module.transfer(Write(address, b"\0\0X")).refusal


def test_boards_take_as_many_as_the_tables_say():
    carrier = camtwin.open_modules(MODEL, 4, board="TX2")
    for module in carrier.modules:
        module.driver.start()
        assert module.driver.modes[0].num_lanes == 4
    assert all(len(module.grab(3)) == 3 for module in carrier.modules)
    with pytest.raises(Problem, match="takes 4 FSM-IMX412, 5 are refused"):
        camtwin.open_modules(MODEL, 5, board="TX2")
    nano = camtwin.open_modules(MODEL, 2, board="Nano")
    assert {module.driver.modes[0].num_lanes for module in nano.modules} == {2}
    with pytest.raises(Problem, match="4 lanes, FPA-A/NVN has 2 to a module"):
        camtwin.open_module(MODEL, board="Nano", modes="framos-fsm-imx412-4-lanes")


def test_an_image_is_a_pure_function_of_its_frame():
    module = opened(scene=camtwin.scene.Flat(photons_per_s=3e5))
    put(module, sensor_mode=3, test_pattern=2)
    module.driver.start()
    first, second = module.grab(2)
    image = module.image(second)
    assert image.shape == (1080, 1920)
    module.driver.stop()
    put(module, test_pattern=0, sensor_mode=4)
    module.driver.start()
    assert (module.image(second) == image).all()
    assert (module.image(first) == image).all()
    assert module.image(module.grab(1)[0]).shape == (720, 1280)
