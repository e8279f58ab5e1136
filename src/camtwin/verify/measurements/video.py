"""A sensor module behind its driver: its modes and their rates, its controls, its bus, several on a board."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

import camtwin
from camtwin import ecosystem
from camtwin.scene import Dark, Flat
from camtwin.session.module import Read, Write, parse_driver
from camtwin.units import MS, SEC
from camtwin.verify.case import Case
from camtwin.verify.hosts import Video
from camtwin.verify.measures import Each, measurement
from camtwin.verify.scenes import disc

BARS: Final = ("RGB", "RG", "GB", "G", "RB", "R", "B", "")
"""Colours of the eight bars of a test pattern: white, yellow, cyan, green, magenta, red, blue, black."""


# -- modes and rates -------------------------------------------------------------------------------------
@measurement("video_rate")
def video_rate(case: Case, modes: str, size: str, tolerance: float, *, share: float = 1) -> None:
    """Stream 300 frames in a mode, at a share of its highest rate: the claimed rate, or that of the share.

    tolerance: in frames a second if the claim is a rate, else as a part of it.
    """
    host = Video(case, modes=modes)
    host.mode(size)
    most = host.limits("frame_rate")[1]
    host.set(frame_rate=round(share * most))
    wanted = case.claim.number if share == 1 else share * most / 1e6
    case.near("rate", host.rate(301), wanted, tolerance * (1 if share == 1 else wanted), "frame/s")


@measurement("video_modes")
def video_modes(case: Case, file: str, sensor: str, what: Literal["size", "format", "link"]) -> None:
    """Set each index of Sensor Mode, and stream: size, format or link is that of the file's mode."""
    host, modes = Video(case, modes=file), ecosystem.load_modes(file, sensor)
    for number, mode in enumerate(modes):
        host.driver.stop()
        host.set(sensor_mode=number)
        case.equal("Sensor Mode", host.get("Sensor Mode"), number)
        one = host.frames(1)[0].configuration
        found, wanted = {
            "size": ((one.geometry.width, one.geometry.height), (mode.active_w, mode.active_h)),
            "format": ((one.geometry.cfa.lower(), one.bits), (mode.pixel_phase, mode.csi_pixel_bit_depth)),
            "link": ((one.clocks.lanes, one.clocks.pixel_hz), (mode.num_lanes, mode.pix_clk_hz)),
        }[what]
        case.equal(f"{what} of mode {number}", found, wanted)
    case.equal("indices", host.limits("Sensor Mode")[:2], (0, len(modes) - 1))


@measurement("video_sizes")
def video_sizes(case: Case, size: Each, *files: str) -> None:
    """Find a size among the modes of each file, and stream it."""
    for file in files:
        host = Video(case, modes=file)
        host.mode(size)
        one = host.frames(2)[0].configuration.geometry
        case.equal(f"size on {file}", f"{one.width}x{one.height}", size)


@measurement("video_format")
def video_format(case: Case, bits: int) -> None:
    """Stream a mode of so many bits of a size, with colour bars: the highest code is the highest there is."""
    host = Video(case)
    full = host.driver.modes[0].size
    host.mode(full, bits)
    host.set(test_pattern=2)
    image = host.image()
    case.equal("rows and columns", f"{image.shape[1]}x{image.shape[0]}", full)
    case.equal(f"highest code of {bits} bits", int(image.max()), 2**bits - 1)


@measurement("video_lanes")
def video_lanes(case: Case, file: str) -> None:
    """Stream on the claimed lanes: the packets of a line need them all, and fit the time of a line."""
    host = Video(case, modes=file)
    one = host.frames(2)[0].configuration
    case.equal("lanes", one.clocks.lanes, case.claim.number)
    carried = one.geometry.width * one.bits / float(one.clocks.lane_bps)  # seconds, of one lane
    line_s = float(one.line_ns) / SEC
    case.within(
        "lanes that the pixels of a line fill", carried / line_s, case.claim.number / 2, case.claim.number
    )
    case.equal("remarks", host.module.remarks, [])


@measurement("video_reload")
def video_reload(case: Case, file: str, sensor: str) -> None:
    """Change the mode file: the list changes with it, and with no control."""
    host, modes = Video(case, modes=file), list(ecosystem.load_modes(file, sensor))
    for row in host.driver.controls:
        if "read only" not in row.flags:
            for value in host.driver.limits(row.id)[:2]:
                host.set(**{row.key: value})
    case.equal("modes after all controls have moved", len(host.driver.modes), len(modes))
    fewer = ecosystem.read_modes(file, ecosystem.modes_text(modes[:-1]), sensor)
    host.driver.reload(fewer)
    case.equal("modes of a shorter file", [mode.size for mode in host.driver.modes], [m.size for m in fewer])


@measurement("video_scope")
def video_scope(case: Case) -> None:
    """Move each control over its range while frames come: their size, format and lanes stay."""
    host, shapes = Video(case), set[tuple[object, ...]]()
    host.driver.start()
    for row in host.driver.controls:
        if row.flags or row.key == "group_hold":
            continue
        before = host.get(row.key)
        for value in (*host.driver.limits(row.id)[:2], before):
            host.set(**{row.key: value})
            one = host.frames(4)[-1].configuration
            shapes.add((one.geometry.width, one.geometry.height, one.bits, one.clocks.lanes))
    case.equal("sizes, formats and lanes", len(shapes), 1)


@measurement("video_pitch", heavy="pictures")
def video_pitch(case: Case, *modes: str) -> None:
    """Show a disc to modes, `4056x3040=1`: it is as wide as the first shows it, over the number there.

    An edge is seen in every second column; that of a binned mosaic lies another one off.
    """
    first = 0.0
    for size, share in (mode.split("=") for mode in modes):
        host = Video(case, scene=disc(406, 304, 152))
        host.mode(size)
        columns = np.flatnonzero((host.image()[1::2, 0::2] > 300).any(axis=0))
        width = 2.0 * (columns[-1] - columns[0] + 1)
        first = first or width
        case.near(f"width of a disc in {size}", width, first / float(share), 6, "px")


# -- controls --------------------------------------------------------------------------------------------
@measurement("video_controls")
def video_controls(case: Case, *names: str) -> None:
    """Compare the driver's own controls with these names; others are Linux', of the same quantities."""
    host = Video(case)
    own = [row.name for row in host.driver.controls if row.id & 0xFFFFF000 == 0x009A2000]
    case.equal("controls", sorted(own), sorted(names))


@measurement("video_lacks")
def video_lacks(case: Case, *words: str) -> None:
    """Require that no control has one of these words in its name, and a made-up one is refused."""
    host = Video(case)
    for word in words:
        found = [row.name for row in host.driver.controls if word.casefold() in row.name.casefold()]
        case.equal(f"controls with {word!r} in their names", found, [])
    rates = {float(mode.pix_clk_hz) for mode in host.driver.modes}
    case.equal("pixel clocks", {host.frames(1)[0].configuration.clocks.pixel_hz}, rates)


@measurement("video_black", heavy="pictures")
def video_black(case: Case, *levels: int) -> None:
    """Cover the lens: the mean of a dark frame is the black level that is set, within a code."""
    host = Video(case, scene=Dark())
    host.mode("1920x1080")
    for level in levels:
        host.set(black_level=level)
        case.near("mean of a dark frame", float(host.image()[:256, :256].mean()), level, 1, "DN")


@measurement("video_patterns", heavy="pictures")
def video_patterns(case: Case, bits: int) -> None:
    """Select each test pattern: solid black, bars, bars that fade to grey, PN9, code by code."""
    host = Video(case, scene=Flat(1e5, 530.0))
    host.mode("1920x1080")
    top, mosaic = 2**bits - 1, np.array([["R", "G"], ["G", "B"]])
    seen: list[bytes] = []
    for entry in range(len(host.driver.control("test_pattern").menu)):
        host.set(test_pattern=entry)
        image = host.image()
        seen.append(image.tobytes())
        if entry == 1:
            case.equal("codes of a solid colour, black", sorted(set(image.ravel().tolist())), [0])
        if entry in (2, 3):
            for bar, colours in enumerate(BARS):
                column = 2 * (bar * image.shape[1] // 16) + 40
                for y, x in ((0, 0), (0, 1)):
                    lit = top * (mosaic[y, x] in colours)
                    case.equal(f"code of bar {bar}", int(image[y, column + x]), lit)
                    grey = (int(image[64 + y, column + x]) - lit / 2) / (top / 4)
                    case.near("share of grey after 64 rows", grey, 1 if entry == 3 else lit / top * 2, 0.01)
        if entry == 4:
            case.equal("first bits of PN9", f"{int(image[0, 0]):0{bits}b}"[:9], "1" * 9)
    case.equal("patterns that differ", len(set(seen)), len(seen))


@measurement("video_slave")
def video_slave(case: Case) -> None:
    """Switch to slave: frames come with pulses at XVS, and none without; of a master they come anyway."""
    host = Video(case)
    host.set(operation_mode=1)
    host.driver.start()
    case.equal("frames of a slave without XVS", len(host.module.grab(1, SEC)), 0)
    host.module.carrier.synchronize(25 * MS)
    case.near("rate of a slave", host.rate(11), 40, 1e-6, "frame/s")
    host.module.carrier.synchronize(0)
    host.driver.stop()
    host.set(operation_mode=0)
    case.near("rate of a master", host.rate(11) * 1e6, host.get("frame_rate"), 1e5, "frames in 10^6 s")


@measurement("video_broadcast")
def video_broadcast(case: Case) -> None:
    """Set an exposure on one of two modules: broadcast changes both, else only one; they share a bus."""
    carrier = camtwin.open_modules(case.model, 2)
    hosts = [Video(case, module) for module in carrier.modules]
    for host in hosts:
        host.driver.start()
    for on, value in ((0, 500), (1, 700), (0, 900)):
        for host in hosts:
            host.set(broadcast=on)
        before = [host.module.sensor.file.values()["coarse_integration_time"] for host in hosts]
        hosts[0].set(exposure_lines=value)
        after = [host.module.sensor.file.values()["coarse_integration_time"] for host in hosts]
        case.equal(f"exposures with broadcast {on}", after, [value, value if on else before[1]])


@measurement("video_extended")
def video_extended(case: Case, register: str, value: int) -> None:
    """Add a control to the driver, by a row that shows a register: what is set arrives in the sensor."""
    row = f'extra = {{ id = 0x009A20F0, name = "Extra", type = "integer", view = "register", max = {value}'
    text = f'like = "{camtwin.open_module(case.model).carrier.sheet.driver}"\n[controls]\n{row}'
    rest = f'{text}, shows = "{register}", source = "a register of the sensor" }}'
    host = Video(case, driver=parse_driver("driver", rest))
    case.equal("controls more", len(host.driver.controls) - len(Video(case).driver.controls), 1)
    host.driver.start()
    case.equal(f"{register} at first", host.module.sensor.read(register), 0)
    host.set(extra=value)
    case.equal(f"{register} in the sensor", host.module.sensor.read(register), value)


# -- bus, clock, board -----------------------------------------------------------------------------------
@measurement("video_bus")
def video_bus(case: Case, what: Literal["reads", "order"]) -> None:
    """Look at the bus while a stream starts: reads and writes; reset, id, init, mode, controls, stream."""
    host, seen = Video(case), list[tuple[int, str]]()
    sheet = host.module.sensor.file.sheet
    names = {one.address: one.name for one in sheet.registers.values()}

    def note(messages: Sequence[Read | Write], _: object) -> None:
        for one in messages:
            data = one.data if isinstance(one, Write) else b""
            named = names.get(int.from_bytes(data[:2], "big")) if data[1:] else ""
            seen.append((one.address, "read" if isinstance(one, Read) else named or data.hex()))

    host.module.carrier.on_transfer.subscribe(note)
    host.driver.start()
    words = [word for address, word in seen if address == host.module.address]
    if what == "reads":
        case.within("reads", words.count("read"), 1, len(words) - 1)
        case.within("writes", len(words) - words.count("read"), 1, len(words) - 1)
        return
    case.equal("first the reset pin", [word for _, word in seen[:2]], ["fe", "ff"])
    case.equal("then the id", words[:2], ["sensor_model_id", "read"])
    steps = next(iter(host.driver.sheet.init)), "x_addr_start", "coarse_integration_time", "mode_select"
    places = [words.index(step) for step in steps]
    case.equal(f"order of {', '.join(steps)}", places, sorted(places))
    case.equal("last", words[-1], "mode_select")


@measurement("sensor_pin")
def sensor_pin(case: Case, pin: Literal["XCLR", "SCL", "SDA", "INCK"]) -> None:
    """Hold XCLR low, cut off the bus or the clock: the sensor is silent, and answers again afterwards.

    A switch on the board cuts both wires of the bus.
    """
    module = camtwin.open_modules(case.model, 2, seed=1).modules[0]
    sensor, switch = module.sensor, module.carrier.sheet.board.mux
    for there in (True, False, True):
        if pin == "XCLR":
            module.reset(low=not there)
        elif pin == "INCK":
            sensor.file.set_clock(module.inck_hz * there)
        sensor.transfer(Write(switch, bytes([there or pin not in ("SCL", "SDA")])))
        module.wait(10 * MS)
        case.equal(f"it answers with {pin} {there}", sensor.read("sensor_model_id") is not None, there)


@measurement("sensor_strap")
def sensor_strap(case: Case, low: int, high: int) -> None:
    """Strap SLASEL low and high: the sensor answers at the one address, then at the other, alone."""
    for level, address in ((False, low), (True, high)):
        sensor = camtwin.open_sensor(case.model, seed=1, slasel=level)
        found = [at for at in range(8, 120) if sensor.i2c(at, b"") is not None]
        case.equal(f"addresses with SLASEL {'high' if level else 'low'}", found, [address])


@measurement("clock_scales")
def clock_scales(case: Case, ppm: float) -> None:
    """Let the clock be faster than it says: frames come as much faster."""
    usual, faster = (Video(case, drift_ppm=more).rate() for more in (0, ppm))
    case.near("rate over that before", faster / usual, 1 + ppm / 1e6, abs(ppm) / 1e8)


@measurement("video_scan")
def video_scan(case: Case, *words: str) -> None:
    """Scan the bus: the sensor, and a memory that holds these words, which cannot be overwritten."""
    module = Video(case).module
    found = [at for at in range(8, 120) if not module.transfer(Write(at, b"")).refusal]
    case.saw(f"addresses that answer: {', '.join(map(hex, found))}")
    case.that("the sensor is one of them", module.address in found)
    others = [at for at in found if at not in (module.address, module.carrier.sheet.board.expander)]
    case.equal("others", len(others), 1)
    text = module.transfer(Write(others[0], b"\0\0"), Read(others[0], 64)).reads[0]
    for word in words:
        case.that(f"the memory holds {word!r}", word.encode() in text)


@measurement("video_register")
def video_register(case: Case, register: str, value: int) -> None:
    """Write a register over the bus, and read it back."""
    module = Video(case).module
    for one in (value, 0):
        case.equal("refusal", module.sensor.write(register, one).refusal, None)
        case.equal(f"{register} reads back", module.sensor.read(register), one)


@measurement("video_clock")
def video_clock(case: Case, mhz: float, rate: float, notes: int) -> None:
    """Stream with a clock of the sensor adapter at the rate of the others; notes: of what is not listed."""
    host = Video(case, inck_MHz=mhz)
    case.near("rate", host.rate(), rate, rate / 500, "frame/s")
    case.equal("notes on the clock", len([note for note in host.module.remarks if "INCK" in note]), notes)
    case.equal("other remarks", len(host.module.remarks), notes)


@measurement("video_boards")
def video_boards(case: Case, board: Each) -> None:
    """Put a module on a board, and stream."""
    case.that(f"frames come on {board}", Video(case, board=board).frames(2))
