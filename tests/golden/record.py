"""Record the golden runs: `python tests/golden/record.py [NAME ...]`, after a change that means to alter one.

A *journal* is a random walk over the features of one model, with edges on its lines, pulled cables and
frames, in the format of `camtwin replay`. A *trace* is what a host on the link sends and what comes back,
byte for byte. Both are seeded: the same code writes the same files.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import camtwin
from camtwin.cli.common import session
from camtwin.links.base.record import recorded
from camtwin.problem import Refused

HERE = Path(__file__).parent
MODELS = ("baumer-vcxg-124m", "basler-aca4112-20um", "ids-imx412", "sony-imx412-aack")
MS = 1_000_000
MAX_RENDERED = 1 << 21  # bytes of a frame: larger ones are exposed, and not rendered
STEPS = 700
UNWRITTEN = {"DeviceReset", "FileOperationExecute", "UserSetSave", "AcquisitionFrameRate", "TriggerDelay"}


class Walk:
    """One model's random walk."""

    def __init__(self, model: str, seed: int, render: Callable[[Any], object]) -> None:
        self.random = random.Random(f"{model} {seed}")
        self.start: dict[str, Any] = {
            "model": model,
            "scene": "chart",
            "seed": seed,
            "serial": None,
            "settings": [],
            "link_speed": "sheet",
        }
        self.render = render

    def run(self, path: Path) -> None:
        cam = session(**self.start)
        with recorded(cam.twin, path, self.start) as twin:
            camera = self.camera = twin.camera
            cam.twin.camera.transmitter.on_delivery.subscribe(lambda transfer: self.arrive(twin, transfer))
            nodes = [n for n in camera.tree.here if n.access != "RO" and not n.feature.elsewhere]
            nodes = [n for n in nodes if not n.feature.chunk and not n.feature.bits]
            self.nodes = {n.feature.name: n for n in nodes if n.feature.name not in UNWRITTEN}
            self.begin()
            for _ in range(STEPS):
                self.step()
            self.put("AcquisitionStop", 1)
            twin.clock.advance_to(twin.clock.now + 2_000 * MS)

    def arrive(self, twin: Any, transfer: Any) -> None:
        exposure = transfer.exposure
        if exposure.payload_bytes <= MAX_RENDERED and not exposure.part:
            twin.render(exposure)

    def put(self, name: str, value: Any) -> None:
        """Write a feature's register, as a host does."""
        if (node := self.nodes.get(name)) is None:
            return
        tree = self.camera.tree
        key = tree.key(self.camera.settings, node)
        with contextlib.suppress(Refused, OverflowError, ValueError, TypeError):
            wire = node.words.get(value, value) if node.entries else node.feature.take(value)
            data = node.feature.pack(wire, tree.order)
            self.camera.write(node.address + node.keys[key], data)

    def advance(self, ns: int) -> None:
        clock = self.camera.clock
        clock.advance_to(clock.now + ns)

    def begin(self) -> None:
        for name in self.nodes.get("EventNotification", ()) and self.nodes["EventSelector"].entries:
            self.put("EventSelector", name)
            self.put("EventNotification", "On")
        self.small()
        self.put("ExposureTime", 900.0)
        self.put("AcquisitionStart", 1)
        self.advance(150 * MS)

    def small(self) -> None:
        for name, value in (("Width", 256), ("Height", 192), ("DeviceLinkThroughputLimit", 100_000_000)):
            if name in self.nodes:
                self.put(name, value)

    def step(self) -> None:
        pick, chance = self.random.choice, self.random.random()
        camera = self.camera
        if chance < 0.55:
            name = pick(sorted(self.nodes))
            self.put(name, self.value(self.nodes[name]))
        elif chance < 0.70 and camera.lines:
            line = camera.lines[pick(sorted(camera.lines))]
            with contextlib.suppress(ValueError):  # an output
                line.pulse(self.random.randrange(1_000, 3 * MS), period_ns=4 * MS, count=pick((1, 2, 5)))
        elif chance < 0.76:
            commands = [
                n for n in ("TriggerSoftware", "AcquisitionStop", "TimestampLatch") if n in self.nodes
            ]
            self.put(pick(commands), 1)
        elif chance < 0.78:
            camera.cable(not camera.plugged)
        elif chance < 0.80:
            camera.action(self.random.randrange(3), self.random.randrange(3), self.random.randrange(8))
        elif chance < 0.83 and "TriggerMode" in self.nodes:
            self.triggered()
        elif chance < 0.86:
            self.put("TriggerMode", "Off")
            self.put("ExposureTime", float(self.random.randrange(50, 4_000)))
        else:
            self.put("AcquisitionStart", 1)
        if chance > 0.9:
            camera.cable(True)
            self.put("AcquisitionStop", 1)
            self.advance(30 * MS)
            self.small()
            self.put("AcquisitionStart", 1)
        self.advance(self.random.randrange(0, 12 * MS))

    def triggered(self) -> None:
        """Send a burst of triggers, some of them too fast, from a line or by software."""
        self.put("AcquisitionStop", 1)
        self.advance(60 * MS)
        self.small()
        for name, value in (
            ("TriggerSelector", "FrameStart"),
            ("TriggerMode", "On"),
            ("AcquisitionMode", "Continuous"),
        ):
            self.put(name, value)
        source = self.random.choice(("Line0", "Line1", "Software"))
        self.put("TriggerSource", source)
        self.put("AcquisitionStart", 1)
        for _ in range(12):
            if source == "Software":
                self.put("TriggerSoftware", 1)
            elif source in self.camera.lines:
                with contextlib.suppress(ValueError):  # an output
                    self.camera.lines[source].pulse(self.random.randrange(100_000, MS))
            self.advance(self.random.randrange(1 * MS, 40 * MS))

    def value(self, node: Any) -> Any:
        """Return a value that is probably legal."""
        f = node.feature
        if node.entries:
            return self.random.choice(sorted(node.words))
        if f.node == "Boolean":
            return self.random.choice((False, True))
        if f.node == "String":
            return "".join(self.random.choice("abc é") for _ in range(self.random.randrange(12)))
        if f.node == "Register":
            return bytes(self.random.randrange(3) for _ in range(f.length))
        if f.node == "Command":
            return 1
        from camtwin.genicam import At

        tree, settings = self.camera.tree, self.camera.settings
        low, high = tree.limits(node, At(settings, self.camera, tree.key(settings, node)))
        value = low + (min(high, low + 4000) - low) * self.random.random()
        if self.random.random() < 0.1:
            value = high + 1
        if f.node == "Integer":
            inc = node.number("inc") or 1
            return int(low) + int(value - low) // int(inc) * int(inc)
        return float(value)


def gige_trace(model: str, settings: tuple[tuple[str, Any], ...], packet_bytes: int, wide: bool) -> list[Any]:
    """Trace a GigE Vision session: discover, read, control, stream, receive events, go silent."""
    from camtwin.wire.gev import bootstrap, gvcp

    out: list[Any] = []
    rng = random.Random(f"{model} {packet_bytes}")
    with camtwin.open(model, seed=11) as cam:
        for name, value in settings:
            setattr(cam, name, value)
        host, other = cam.host(), cam.host(2)

        def send(data: bytes, who: Any = host) -> list[bytes]:
            answers = who.send(data)
            out.append([cam.now, data.hex(), [a.hex() if len(a) < 600 else digest(a) for a in answers]])
            return answers

        def write(register: int, value: int, who: Any = host) -> None:
            send(gvcp.write_reg(register, value, rng.randrange(1, 0xFFFF)), who)

        cam.advance(50 * MS)
        send(bytes.fromhex("4211000200000001"))
        for address in (0, 0x48, 0x68, 0x88, 0xD8, 0x200, 0x600, 0x934, 0x938, 0x93C, 0x94C, 0xA00, 0xD00):
            send(bytes.fromhex("42010080000400ff") + address.to_bytes(4, "big"))
        for at in range(0, 4096, 512):
            send(bytes.fromhex("42010084000800aa") + (0xF000_0000 + at).to_bytes(4, "big") + b"\0\0\2\0")
        write(bootstrap.CCP, bootstrap.CONTROL)
        write(bootstrap.CCP, bootstrap.CONTROL, other)
        write(bootstrap.SCDA, 0x0A00_0002)
        write(bootstrap.SCP, 4000)
        write(0xD04, 0x4000_0000 | packet_bytes)
        write(0xD24, 0x8000_0000 if wide else 0)
        for register, value in ((0xB10, 0x0A00_0002), (0xB14, 50), (0xB18, 2), (0xB00, 4001)):
            write(register, value)
        for event in ("ExposureStart", "ExposureEnd", "TriggerSkipped"):
            cam.EventSelector = event
            cam.EventNotification = "On"
        tree = cam.twin.camera.tree
        write(tree.find("AcquisitionStart").address, 1)
        cam.advance(400 * MS)
        write(tree.find("AcquisitionStop").address, 1)
        for _ in range(400):
            base = bytes.fromhex(rng.choice([row for row in out if len(row[1]) > 2])[1])
            at, data = rng.randrange(len(base)), bytearray(base)
            data[at] = rng.randrange(256)
            send(bytes(data[: rng.choice((len(data), len(data), at))]), rng.choice((host, other)))
            cam.advance(rng.randrange(5 * MS))
        write(bootstrap.CCP, bootstrap.CONTROL)
        cam.advance(200 * MS)
        cam.world.unplug()
        cam.advance(100 * MS)
        cam.world.plug()
        cam.advance(8_000 * MS)
        for name, each in (("host", host), ("other", other)):
            out.append([name, [m.hex() for m in each.messages], [m.hex() for m in each.answers]])
            out.append(
                [name, len(each.packets), [p.hex() if len(p) < 100 else digest(p) for p in each.packets]]
            )
    return out


def usb_trace(model: str, settings: tuple[tuple[str, Any], ...]) -> list[Any]:
    """Trace a USB3 Vision session: enumerate, read, stream, receive events, with nonsense in between."""
    out: list[Any] = []
    rng = random.Random(model)
    with camtwin.open(model, seed=11) as cam:
        for name, value in settings:
            setattr(cam, name, value)
        usb, numbers = cam.usb(), iter(range(1, 1 << 16))
        shown = lambda data: None if data is None else data.hex() if len(data) < 600 else digest(data)  # noqa: E731

        def send(data: bytes) -> None:
            out.append([cam.now, data.hex(), shown(usb.send(data))])

        def command(code: int, body: bytes) -> None:
            head = (0x4356_3355).to_bytes(4, "little") + b"\0\x40" + code.to_bytes(2, "little")
            send(head + len(body).to_bytes(2, "little") + next(numbers).to_bytes(2, "little") + body)

        def read(address: int, count: int) -> None:
            command(0x0800, address.to_bytes(8, "little") + bytes(2) + count.to_bytes(2, "little"))

        def write(address: int, value: int, length: int = 4) -> None:
            command(0x0802, address.to_bytes(8, "little") + value.to_bytes(length, "little"))

        for request in ("8006000100001200", "800600020000ff00", "80060003000004ff", "8006000f00000500"):
            out.append([request, shown(usb.setup(bytes.fromhex(request)))])
        for index in range(1, 9):
            request = f"8006{index:02x}030904ff00"
            out.append([request, shown(usb.setup(bytes.fromhex(request)))])
        out.append(["configure", shown(usb.setup(bytes.fromhex("0009010000000000")))])
        for address, count in ((0, 4), (4, 64), (0x1C4, 64), (0x1D0, 16), (0x1D8, 8), (0x1FC, 8), (0, 512)):
            read(address, count)
        sirm, eirm = cam_registers(usb)
        read(sirm, 0x2C)
        read(eirm, 12)
        for at in range(0, 2048, 512):
            read(0xF000_0000 + at, 512)
        for event in ("ExposureStart", "ExposureEnd", "FrameStart", "FrameTrigger"):
            if cam.has("EventSelector") and event in cam.entries("EventSelector"):
                cam.EventSelector = event
                cam.EventNotification = "On"
        write(eirm, 1)
        payload = cam.PayloadSize
        for offset, value in (
            (0x18, 1024),
            (0x1C, 65536),
            (0x20, payload // 65536),
            (0x24, 65536),
            (0x28, 0),
            (0x2C, 1024),
        ):
            write(sirm + offset, value)
        write(sirm + 4, 1)
        tree = cam.twin.camera.tree
        write(tree.find("AcquisitionStart").address, 1)
        cam.advance(400 * MS)
        write(tree.find("AcquisitionStop").address, 1)
        for _ in range(400):
            base = bytes.fromhex(rng.choice([row for row in out if len(row) == 3 and row[1]])[1])
            at, data = rng.randrange(len(base)), bytearray(base)
            data[at] = rng.randrange(256)
            send(bytes(data[: rng.choice((len(data), len(data), at))]))
            cam.advance(rng.randrange(5 * MS))
        cam.advance(500 * MS)
        out.append(["messages", [m.hex() for m in usb.messages], [m.hex() for m in usb.late]])
        out.append(
            ["transfers", len(usb.transfers), [t.hex() if len(t) < 200 else digest(t) for t in usb.transfers]]
        )
    return out


def cam_registers(usb: Any) -> tuple[int, int]:
    """Return the addresses of the stream's and the events' registers."""
    from camtwin.wire.u3v import bootstrap as u3v_bootstrap

    return u3v_bootstrap.STREAM_CONTROL - 4, u3v_bootstrap.EVENT_CONTROL


def descriptions(model: str) -> list[Any]:
    """Digest of the XML, and every register that a host can read after power-up."""
    with camtwin.open(model, seed=3, render=False) as cam:
        camera = cam.twin.camera
        registers = []
        for address in sorted(camera.registers.at):
            register = camera.registers.at[address]
            try:
                registers.append([f"{address:08x}", camera.read(address, register.length).hex()])
            except Refused as refused:
                registers.append([f"{address:08x}", str(refused)])
        long = [[a, v if len(v) < 200 else digest(bytes.fromhex(v))] for a, v in registers]
        joined = "\n".join(f"{a} {v}" for a, v in long)
        return [digest(camera.xml.encode()), len(long), digest(joined.encode()), long[:400]]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def played(path: Path) -> list[Any]:
    """Play a scenario, in which things go wrong; return its account of frames and its messages."""
    command = [sys.executable, "-m", "camtwin", "play", str(path), "--json"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr.decode()
    return [json.loads(done.stdout)]


SMALL = (("Width", 256), ("Height", 128), ("ExposureTime", 800.0))
CHUNKS = (*SMALL, ("ChunkModeActive", True), ("ChunkSelector", "Timestamp"), ("ChunkEnable", True))
TRACES: dict[str, Callable[[], list[Any]]] = {
    "gige": lambda: gige_trace("baumer-vcxg-124m", SMALL, 1500, wide=False),
    "gige-chunks": lambda: gige_trace(
        "baumer-vcxg-124m", (*CHUNKS, ("PixelFormat", "Mono12p")), 9000, wide=True
    ),
    "usb3-basler": lambda: usb_trace("basler-aca4112-20um", SMALL),
    "usb3-basler-chunks": lambda: usb_trace("basler-aca4112-20um", CHUNKS),
    "usb3-ids": lambda: usb_trace("ids-imx412", (("Width", 264), *SMALL[1:])),
    "faults": lambda: played(HERE / "faults.toml"),
    **{f"description-{model}": lambda model=model: descriptions(model) for model in MODELS},
}


def journal(model: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.jsonl"
        Walk(model, 5, lambda _: None).run(path)
        return path.read_bytes()


def trace(name: str) -> bytes:
    return ("\n".join(json.dumps(row) for row in TRACES[name]()) + "\n").encode()


def main() -> None:
    wanted = set(sys.argv[1:])
    makers = {f"{m}.jsonl": lambda m=m: journal(m) for m in MODELS}
    makers |= {f"{n}.trace": lambda n=n: trace(n) for n in TRACES}
    for name, make in makers.items():
        if not wanted or name in wanted:
            data = make()
            (HERE / f"{name}.gz").write_bytes(gzip.compress(data, mtime=0))
            frames = data.count(b'["frame"')
            print(f"{name}: {len(data)} bytes, {frames} frames")


if __name__ == "__main__":
    main()
