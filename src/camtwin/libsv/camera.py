"""Cameras and their controls, with the calls of LibSV 2.6.

Controls have three sources: the library itself (ids from 1), the image format (from 10), and the driver.
Source of names and ids: FRAMOS' public header, libsv 2.6, sv/enums.h.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Final, NamedTuple, TypeVar

from camtwin.libsv.images import Image, ImageInfo
from camtwin.libsv.source import MenuEntry, Range, Source
from camtwin.problem import Problem, nearest

BUFFER_COUNT, FETCH_BLOCKING, BLOCKING_TIMEOUT, PREVENT_TEARING, PREVENT_TEARING_TIMEOUT = range(1, 6)
IMAGE_FORMAT, FRAME_SIZE, FRAME_INTERVAL = range(10, 13)
MAX_TIMEOUT_ms: Final = 3_600_000
OWN: Final = {
    BUFFER_COUNT: ("Buffer count", Range(2, 32, 1, 10)),
    FETCH_BLOCKING: ("Fetch blocking", Range(0, 1, 1, 1)),
    BLOCKING_TIMEOUT: ("Blocking timeout", Range(0, MAX_TIMEOUT_ms, 1, 0)),
    PREVENT_TEARING: ("Prevent tearing", Range(0, 1, 1, 1)),
    PREVENT_TEARING_TIMEOUT: ("Prevent tearing timeout", Range(0, MAX_TIMEOUT_ms, 1, 0)),
}
"""Controls of the library: names and ranges. Timeouts are in ms; 0 is without end."""

T = TypeVar("T")


class ControlProblem(Problem):
    """A value that a control cannot have; one line that names control, value and limit."""


class _Access(NamedTuple):
    """Functions that read, write and describe a control."""

    get: Callable[[], int]
    set: Callable[[int], None]
    limits: Callable[[], Range]
    menu: Callable[[], Sequence[MenuEntry]] | None = None


class Control:
    """A control of a camera."""

    def __init__(self, id: int, name: str, access: _Access) -> None:
        self.id, self.name = id, name
        self._access = access

    @property
    def value(self) -> int:
        """The value now; of a menu, the index of an entry."""
        return self._access.get()

    @value.setter
    def value(self, value: int) -> None:
        limits = self.limits
        if not limits.min <= value <= limits.max:
            limit = f"minimum {limits.min}" if value < limits.min else f"maximum {limits.max}"
            side = "below the" if value < limits.min else "above the"
            raise ControlProblem(f"{self.name} {value} is {side} {limit}")
        self._access.set(value)

    @property
    def limits(self) -> Range:
        """The values that it can have now."""
        return self._access.limits()

    @property
    def is_menu(self) -> bool:
        return self._access.menu is not None

    @property
    def menu_entries(self) -> tuple[MenuEntry, ...]:
        """The entries of a menu as it is now; none of a number."""
        return tuple(self._access.menu()) if self._access.menu else ()

    def __repr__(self) -> str:
        return f"<Control {self.name}: {self.value}>"


class Camera:
    """A sensor's driver, and the stream of its images."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._own = {id: limits.default for id, (_, limits) in OWN.items()}
        self._streaming = False
        self._held: Image | None = None
        self._controls = [*self._of_library(), *self._of_format(), *self._of_driver()]

    @property
    def name(self) -> str:
        """The name of its node, or of its twin."""
        return self._source.name

    @property
    def driver_name(self) -> str:
        return self._source.driver_name

    # -- streams ---------------------------------------------------------------------------------
    def start_stream(self) -> None:
        """Start the stream; nothing if it runs. Problem if the driver refuses."""
        if not self._streaming:
            self._source.start(self._own[BUFFER_COUNT])
            self._streaming = True

    def stop_stream(self) -> None:
        """End the stream; images that are not returned are invalid. Nothing if none runs."""
        if self._streaming:
            self._streaming, self._held = False, None
            self._source.stop()

    def get_image(self) -> Image | None:
        """Return the next image, or None if none arrives in time.

        With "Prevent tearing" on, as it is from the start, an image is handed out when the next one has come.

        Raises:
            Problem: no stream runs, or the driver has ended it
        """
        if not self._streaming:
            raise Problem(f"{self.name}: no stream runs")
        image = self._held or self._source.next(self._wait_ms(BLOCKING_TIMEOUT))
        self._held = image
        if image is None or not self._own[PREVENT_TEARING]:
            self._held = None
            return image
        following = self._source.next(self._wait_ms(PREVENT_TEARING_TIMEOUT))
        if following is None:
            return None
        self._held = following
        return image

    def return_image(self, image: Image) -> None:
        """Let the driver use an image's buffer again."""
        image.give_back(image)

    def get_image_info(self) -> ImageInfo:
        """Return the format of images as it is set."""
        return self._source.info()

    def _wait_ms(self, timeout: int) -> int | None:
        if not self._own[FETCH_BLOCKING]:
            return 0
        return self._own[timeout] or None

    # -- controls --------------------------------------------------------------------------------
    @property
    def controls(self) -> tuple[Control, ...]:
        """All controls: the library's, those of the image format, the driver's."""
        return tuple(self._controls)

    def control(self, key: int | str) -> Control:
        """Return a control by its id or its name. Problem if there is none."""
        for one in self._controls:
            if key in (one.id, one.name):
                return one
        hint = nearest(key, [one.name for one in self._controls]) if isinstance(key, str) else ""
        raise Problem(f"{self.name}: no control {key!r}{hint}")

    def _of_library(self) -> list[Control]:
        return [self._library(id, name, limits) for id, (name, limits) in OWN.items()]

    def _library(self, id: int, name: str, limits: Range) -> Control:
        def put(value: int) -> None:
            if id == BUFFER_COUNT and self._streaming:
                raise ControlProblem(f"{name}: not while a stream runs")
            self._own[id] = value

        return Control(id, name, _Access(lambda: self._own[id], put, lambda: limits))

    def _of_format(self) -> list[Control]:
        source = self._source

        def chosen(pixel_format: str | None, size: tuple[int, int] | None) -> None:
            info = source.info()
            source.set_format(pixel_format or info.pixel_format, size or (info.width, info.height))

        def size_now() -> tuple[int, int]:
            info = source.info()
            return info.width, info.height

        def sizes() -> Sequence[tuple[int, int]]:
            return source.sizes(source.info().pixel_format)

        def intervals() -> Sequence[Fraction]:
            return source.intervals_s(source.info().pixel_format, size_now())

        return [
            _choice(
                IMAGE_FORMAT,
                "Image format",
                source.formats,
                lambda: source.info().pixel_format,
                lambda index: chosen(source.formats()[index], None),
                str,
            ),
            _choice(
                FRAME_SIZE,
                "Frame size",
                sizes,
                size_now,
                lambda index: chosen(None, sizes()[index]),
                lambda size: f"{size[0]}x{size[1]}",
            ),
            _choice(
                FRAME_INTERVAL,
                "Frame interval",
                intervals,
                source.interval_s,
                lambda index: source.set_interval_s(intervals()[index]),
                lambda interval: f"{interval} s",
            ),
        ]

    def _of_driver(self) -> list[Control]:
        source = self._source
        return [
            Control(
                one.id,
                one.name,
                _Access(
                    lambda id=one.id: source.get(id),
                    lambda value, id=one.id: source.set(id, value),
                    lambda id=one.id: source.limits(id),
                    (lambda menu=one.menu: menu) if one.menu is not None else None,
                ),
            )
            for one in source.controls()
        ]


def _choice(
    id: int,
    name: str,
    choices: Callable[[], Sequence[T]],
    now: Callable[[], T],
    choose: Callable[[int], None],
    text: Callable[[T], str],
) -> Control:
    """Return a control that is a menu of what a source offers."""

    def index() -> int:
        return next((i for i, one in enumerate(choices()) if one == now()), 0)

    def entries() -> Sequence[MenuEntry]:
        return [MenuEntry(text(one), i) for i, one in enumerate(choices())]

    access = _Access(index, choose, lambda: Range(0, max(len(choices()) - 1, 0), 1, 0), entries)
    return Control(id, name, access)
