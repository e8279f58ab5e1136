"""The twin in process: no socket, and virtual time that jumps from event to event.

    import camtwin
    with camtwin.open("baumer-vcxg-124m", seed=7) as cam:
        cam.ExposureTime = 4000.0
        frames = cam.grab(3)

Features are attributes, by their SFNC names and in the host's units. Commands are methods:
`cam.TriggerSoftware()`. A refusal of the camera raises `camtwin.Refused`, which names the thing, the value
and the limit.

With `render=False` the camera works as usual but renders no image: its logic and its timing at the speed of
events, an hour in a second or two.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from camtwin.camera import Transfer
from camtwin.camera.memory.user_sets import Storage
from camtwin.camera.reports import chunks
from camtwin.camera.reports.events import Event
from camtwin.genicam import At, Shown, browse
from camtwin.links.base.storage import DiskStorage
from camtwin.models import Fact, load
from camtwin.numbers import whole
from camtwin.pixels import FORMATS, pack
from camtwin.problem import Problem, Refused, nearest
from camtwin.scene import Scene
from camtwin.session.frame import Frame
from camtwin.session.recording import played
from camtwin.session.surroundings import Surroundings, scene_of
from camtwin.simtime import Scheduler
from camtwin.twins import Twin, build
from camtwin.twins.assembly import bits_per_s
from camtwin.twins.played import play
from camtwin.units import Ns

if TYPE_CHECKING:
    from camtwin.links.gige.host import GevHost, Network
    from camtwin.links.usb3.host import UsbHost

BUFFERS: Final = 256
"""Limit of frames that wait to be fetched; the next one replaces the oldest."""


EVENTS: Final = 1 << 16
"""Number of latest events that a session keeps."""


class NoSuchFact(KeyError):
    """The model's data sheet has no fact of that name on record."""

    __str__ = Exception.__str__  # KeyError's would put it in quotes


class NoFrame(Problem):
    """No frame will ever arrive with the camera's present settings; the message says why."""


class Session:
    """A host's view of one twin, in process.

    twin         the camera
    render       whether frames get an image
    world        its surroundings: cam.world.scene = ...
    overwritten  frames that arrived during `advance` and were overwritten before they were fetched
    lines        the wires, by name: `cam.lines["Line0"].pulse(5_000)`; .drive, .level, .edges, .inner
    events       the latest EVENTS events of the camera (EventNotification On)
    """

    def __init__(self, twin: Twin, *, render: bool = True) -> None:
        own = self.__dict__  # attributes are features
        own.update(
            twin=twin,
            world=Surroundings(twin),
            render=render,
            overwritten=0,
            lines=twin.camera.lines,
            events=list[Event](),
            _network=None,
            _arrived=deque[Transfer](maxlen=BUFFERS),
        )
        twin.camera.transmitter.on_delivery.subscribe(self._arrive)
        twin.camera.events.subscribe(self._hear)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.twin.camera.abort()

    # -- features --------------------------------------------------------------------------------
    def __getattr__(self, name: str) -> Any:
        camera = self.twin.camera
        node = camera.tree.find(name)
        key = camera.tree.key(camera.settings, node)
        if node.feature.node == "Command":
            return lambda: camera.tree.set(camera, name, 1, key)
        if not camera.tree.available(camera, name, key):
            raise Refused("unavailable", f"{name} is not available now")
        return camera.tree.get(camera, name, key)

    def __setattr__(self, name: str, value: Shown) -> None:
        camera = self.twin.camera
        camera.tree.set(camera, name, value, camera.tree.key(camera.settings, camera.tree.find(name)))

    def __dir__(self) -> list[str]:
        return [
            *super().__dir__(),
            *(n.feature.name for n in self.twin.camera.tree.here if not n.feature.elsewhere),
        ]

    def set(self, text: str) -> None:
        """Carry out `Name=Value`, or a command's `Name`, as on a command line."""
        self.twin.camera.tree.assign(self.twin.camera, text)

    def parse(self, text: str) -> None:
        """Check that `set(text)` can be carried out with some settings of the camera.

        Raises:
            NoSuchFeature: there is no such feature
            Refused: the feature is read-only, a command with a value, or never takes this value
        """
        self.twin.camera.tree.parse(text)

    def limits(self, name: str) -> tuple[float, float]:
        """Return the present minimum and maximum of a number."""
        camera = self.twin.camera
        node = camera.tree.find(name)
        return camera.tree.limits(node, At(camera.settings, camera, camera.tree.key(camera.settings, node)))

    def increment(self, name: str) -> float | None:
        """Return the increment of a number; None if any value within the limits is valid."""
        return self.twin.camera.tree.find(name).number("inc")

    def entries(self, name: str) -> tuple[str, ...]:
        """Return the entries of an enumeration that can be selected now."""
        camera = self.twin.camera
        return browse.choices(camera.tree, camera, name)

    def has(self, name: str) -> bool:
        """Tell whether the model has a feature."""
        node = self.twin.camera.tree.nodes.get(name)
        return node is not None and node.here

    def features(self) -> list[str]:
        """Return the names of all features of this model, including those that its link answers."""
        return [node.feature.name for node in self.twin.camera.tree.here]

    def access(self, name: str) -> str:
        """Return the present access, RO, RW or WO: RO for a locked feature, NA for an unavailable one."""
        camera = self.twin.camera
        return browse.access(camera.tree, camera, name)

    def enumerated(self, name: str) -> bool:
        """Tell whether a feature is an enumeration."""
        return self.twin.camera.tree.find(name).feature.node == "Enumeration"

    def streamable(self) -> dict[str, tuple[str, ...]]:
        """Return the features of a stored configuration, with their selectors."""
        nodes = (node for node in self.twin.camera.tree.here if not node.feature.elsewhere)
        return {n.feature.name: n.feature.by for n in nodes if n.feature.saved and n.access == "RW"}

    @property
    def xml(self) -> str:
        """GenICam description that a host reads from the camera."""
        return self.twin.camera.xml

    def record(self, name: str) -> Fact:
        """Return a fact of the data sheet beyond features, `conformity.kc_number`: value, unit and source.

        NoSuchFact suggests a similar name.
        """
        sheet = self.twin.sheet
        facts = {f.path.removeprefix("record."): f for f in sheet.facts if f.path.startswith("record.")}
        facts |= {f.path: f for f in sheet.rig.facts} if sheet.rig else {}
        if name not in facts:
            raise NoSuchFact(f"no fact {name} on record{nearest(name, facts)}")
        return facts[name]

    def action(self, device_key: int, group_key: int, group_mask: int) -> bool:
        """Send an action command; True if the camera acknowledges it, because its keys and mask match."""
        return self.twin.camera.action(device_key, group_key, group_mask)

    def host(self, number: int = 1) -> GevHost:
        """Return a host on the camera's network, in process, which exchanges GigE Vision's bytes with it.

        Each number is another host. From the first call on the camera has a network: heartbeats time out.
        NoNetwork if its link is another one.
        """
        network: Network | None = self._network
        if network is None:
            from camtwin.links.gige.host import Network

            network = self.__dict__["_network"] = Network(self.twin, render=self.render)
        return network.host(number)

    def usb(self) -> UsbHost:
        """Return a host on the camera's USB port, in process, which exchanges USB3 Vision's bytes with it.

        NoUsb if it has none.
        """
        from camtwin.links.usb3.host import UsbHost

        return UsbHost(self.twin, render=self.render)

    # -- time and frames -------------------------------------------------------------------------
    @property
    def clock(self) -> Scheduler:
        """Virtual time of the camera, which others can share: `camtwin.open(..., clock=cam.clock)`."""
        return self.twin.clock

    @property
    def now(self) -> Ns:
        """Virtual time since the camera was switched on."""
        return self.twin.clock.now

    def advance(self, ns: Ns) -> None:
        """Let virtual time pass.

        Frames that arrive meanwhile wait for `grab` and `frames`, the latest BUFFERS of them: as in a host
        with as many buffers, a longer run overwrites the oldest, and counts them in `overwritten`.
        """
        self.twin.clock.advance_to(self.twin.clock.now + whole("advance", ns, "ns", low=0))

    def fetch(self) -> list[Frame]:
        """Return the frames that have arrived by now, without waiting."""
        return [self._frame(self._arrived.popleft()) for _ in range(len(self._arrived))]

    def grab(self, count: int = 1) -> list[Frame]:
        """Return the next `count` frames.

        Start the acquisition if necessary, and stop it if it was started here.
        """
        return list(self.frames(count))

    def frames(self, count: int) -> Iterator[Frame]:
        """Yield frames one by one, as `grab` returns them."""
        count = whole("a count of", count, "frames", low=1)
        camera = self.twin.camera
        own = camera.idle
        try:
            for _ in range(count):
                yield self._next(own)
        finally:
            if own:
                camera.stop()
                self._settle()

    def _next(self, start: bool) -> Frame:
        clock, camera = self.twin.clock, self.twin.camera
        while not self._arrived:
            if start and camera.idle:
                camera.start()
            if not camera.transmitter.flowing and not camera.housing.will_change:
                raise NoFrame("no frame comes: no image leaves, the link is stalled or the camera too hot")
            if (due := clock.next_time()) is None:
                raise NoFrame(self._why())
            clock.advance_to(due)
        return self._frame(self._arrived.popleft())

    def _frame(self, transfer: Transfer) -> Frame:
        e, order, ids = transfer.exposure, self.twin.camera.tree.order, self.twin.camera.chunk_ids
        image = self.twin.image(e) if self.render else None
        summed = b""
        if image is not None and e.has_image and chunks.has_checksum(e):
            summed = pack(image, FORMATS[e.settings.PixelFormat]).tobytes()
        return Frame(
            image,
            e.frame_id,
            e.timestamp_ns,
            transfer.end_ns,
            e.settings,
            self.twin.renderer.seed,
            self.twin.tail(e, summed),
            ids,
            order,
            e.part,
            partial(self.twin.truth, e),
        )

    def _hear(self, event: Event) -> bool:
        events: list[Event] = self.events
        spelled = self.twin.camera.tree.declared["EventSelector"].feature.shown(event.name)
        events.append(replace(event, name=spelled))
        del events[:-EVENTS]
        return False

    def _arrive(self, transfer: Transfer) -> None:
        arrived: deque[Transfer] = self._arrived
        self.__dict__["overwritten"] += len(arrived) == BUFFERS
        arrived.append(transfer)

    def _settle(self) -> None:
        """Let everything under way finish, and discard it."""
        clock, camera = self.twin.clock, self.twin.camera
        while not camera.idle and (due := clock.next_time()) is not None:
            clock.advance_to(due)
        self._arrived.clear()

    def _why(self) -> str:
        s = self.twin.camera.settings
        for selector, mode in s.TriggerMode.items():
            if mode == "On":
                source = s.TriggerSource[selector]
                return f"no frame comes: TriggerMode is On, TriggerSource {source}, and nothing triggers"
        return "no frame comes: the acquisition does not run"


def connect(
    model: str,
    *,
    scene: Scene | str | None = None,
    seed: int = 0,
    serial: str | None = None,
    link_speed: str | int | None = "sheet",
    render: bool = True,
    storage: str | Path | Storage | None = None,
    clock: Scheduler | None = None,
    assume: bool = False,
) -> Session:
    """Return a session with a twin of `model`, switched on at virtual time 0, in process: `camtwin.open`.

    scene       in front of it (camtwin.scene), or its words on a command line; the test chart if None
    seed        of noise and fixed pattern; the same seed and commands give the same bytes
    serial      serial number; made from the seed if None
    link_speed  of the modelled link: "100M", "1G", "10G" or bits per second; None for no link in the way
    storage     its non-volatile memory: a directory, or an object that loads and stores; none if None
    render      False: frames without images (Frame.image is None), for long runs of the camera's logic
    clock       another session's, `other.clock`: both share one virtual time; this one is switched on now
    assume      take the guesses of a sheet whose rows are unknown, as `camtwin adopt` writes them
    """
    sheet = load(model)
    seed = whole("seed", seed, low=0, high=2**64 - 1)
    kept = DiskStorage(Path(storage)) if isinstance(storage, (str, Path)) else storage
    speed = bits_per_s(link_speed)
    sheet, recording = played(sheet) if sheet.frames else (sheet, None)
    twin_of = partial(
        build,
        sheet.model_copy(update={"assume": True}) if assume else sheet,
        scene_of(scene),
        seed=seed,
        serial=serial,
        link_bits_per_s=speed,
        storage=kept,
        clock=clock,
    )
    return Session(play(twin_of, recording) if recording else twin_of(), render=render)
