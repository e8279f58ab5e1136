"""Replay of a journal: the same twin, the same writes at the same virtual times, the same bytes and log."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from camtwin.camera import Exposure
from camtwin.camera.commands import replay_command
from camtwin.problem import Refused
from camtwin.simtime import journal
from camtwin.simtime.journal import JournalBroken, Line
from camtwin.twins.assembly import Twin
from camtwin.units import Ns

MAX_KEPT = 256
"""Limit of exposures kept for replayed frames: links render late, or twice."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A frame of the journal, and whether its bytes are the same."""

    start_ns: Ns
    frame_id: int
    recorded: str
    digest: str

    @property
    def same(self) -> bool:
        return self.recorded == self.digest


@dataclass(frozen=True, slots=True)
class ReplayedLog:
    """A log line of the journal and its replay, (t_ns, text) each; None if one is missing."""

    recorded: tuple[Ns, str] | None
    again: tuple[Ns, str] | None

    @property
    def same(self) -> bool:
        return self.recorded == self.again


def replay(twin: Twin, lines: Iterable[Line]) -> Iterator[Replayed | ReplayedLog]:
    """Yield every frame of the journal, rendered again, and every log line.

    JournalBroken if time runs backwards or a frame never comes.
    """
    exposures: dict[int, Exposure] = {}
    log: deque[tuple[Ns, str]] = deque()

    def keep(exposure: Exposure) -> None:
        exposures[exposure.frame_id] = exposure
        if len(exposures) > MAX_KEPT:
            del exposures[next(iter(exposures))]

    camera = twin.camera
    camera.on_exposure.subscribe(keep)
    camera.on_moment.subscribe(lambda t_ns, *what: log.append((t_ns, journal.event(*what))))
    camera.on_refusal.subscribe(lambda t_ns, refused: log.append((t_ns, journal.refusal(refused))))
    for line in lines:
        match line:
            case journal.Write():
                _advance(twin, line.t_ns)
                with suppress(Refused):  # as it was then
                    camera.write(line.address, line.data)
            case journal.Command():
                _advance(twin, line.t_ns)
                try:
                    replay_command(camera, line.word, *line.args)
                except (ValueError, KeyError, TypeError) as error:
                    raise JournalBroken(f"the command {line.word!r} at {line.t_ns} ns: {error}") from None
            case journal.Log():
                twin.clock.advance_to(max(line.t_ns, twin.clock.now))
                yield ReplayedLog((line.t_ns, line.text), log.popleft() if log else None)
            case journal.Frame():
                twin.clock.advance_to(max(line.t_ns, twin.clock.now))
                exposure = exposures.get(line.frame_id)
                if exposure is None:
                    raise JournalBroken(f"frame {line.frame_id} at {line.t_ns} ns is missing from the replay")
                digest = journal.digest(twin.render(exposure).data)
                yield Replayed(exposure.start_ns, line.frame_id, line.digest, digest)
            case journal.End():
                twin.clock.advance_to(max(line.t_ns, twin.clock.now))
                for more in log:
                    yield ReplayedLog(None, more)


def _advance(twin: Twin, t_ns: Ns) -> None:
    if t_ns < twin.clock.now:
        raise JournalBroken(f"a write at {t_ns} ns comes after {twin.clock.now} ns")
    twin.clock.advance_to(t_ns)
