r"""The acquisition state machine, as a table.

It follows the *front* of the pipeline: the state of the pixels. Readout and link run behind it and
overlap with it; here they are only `readout_end` and "is there room?".

          START         DUE             TRIGGER            EXPOSE
    IDLE ------> BUSY -------> READY ----------> LATENCY ---------> EXPOSING
     ^           ^ | ^                                                 |
     |      BURST| |PARK  NEXT                                         | EXPOSED
     |           | v   \-----------\   READ: sensor free, room          v
     | OVER     PARKED             AFTER <--------------------------- HOLD
    DRAIN <--------------- LAST ----+

BUSY is t_notready. READY with trigger mode off takes the next frame at once: free run is a camera that
triggers itself. PARKED waits for a burst to begin, where bursts are triggered. A trigger that no state takes
is skipped, or held (triggers.py). An action may return the next event, which `Acquisition.fire` goes on with:
so branches are rows of the table, too.
"""

from __future__ import annotations

from enum import StrEnum, auto


class S(StrEnum):
    """States."""

    IDLE = auto()
    BUSY = auto()  # cannot take a trigger yet
    PARKED = auto()  # waits for the trigger of a burst
    READY = auto()  # waits for a trigger
    LATENCY = auto()  # trigger taken, exposure not yet begun
    EXPOSING = auto()
    HOLD = auto()  # exposed, waits for its readout
    AFTER = auto()  # readout begun: what next?
    DRAIN = auto()  # no new frame; the last readout runs out


class E(StrEnum):
    """Events."""

    START = auto()
    STOP = auto()
    ABORT = auto()
    DUE = auto()  # t_notready is over
    PARK = auto()  # no frame is left of the burst
    BURST = auto()  # a burst is triggered
    UNPARK = auto()
    TRIGGER = auto()
    RELEASE = auto()  # the other edge of a trigger whose width is the exposure
    EXPOSE = auto()
    EXPOSED = auto()
    ROOM = auto()  # there may be room in the image memory
    READ = auto()
    NEXT = auto()
    LAST = auto()
    OVER = auto()  # a readout has ended
    RETIME = auto()  # settings have changed
    UNREADY = auto()


WAITING = (S.BUSY, S.PARKED, S.READY)
SHOOTING = (S.LATENCY, S.EXPOSING, S.HOLD)
GATED = (S.LATENCY, S.EXPOSING)
STAY = None

TABLE = (
    # in state            event      does              and goes to
    ((S.IDLE, S.DRAIN),   E.START,   "open",           S.BUSY),
    (SHOOTING,            E.START,   "reopen",         STAY),
    (S.BUSY,              E.DUE,     "become_ready",   S.READY),
    (S.BUSY,              E.RETIME,  "arm",            STAY),
    (S.READY,             E.TRIGGER, "take",           S.LATENCY),
    (S.READY,             E.RETIME,  "recheck",        STAY),
    (S.READY,             E.UNREADY, "arm",            S.BUSY),
    (S.BUSY,              E.PARK,    "park",           S.PARKED),
    (S.PARKED,            E.BURST,   "begin_burst",    S.BUSY),
    (S.PARKED,            E.RETIME,  "reconsider",     STAY),
    (S.PARKED,            E.UNPARK,  "arm",            S.BUSY),
    (S.LATENCY,           E.EXPOSE,  "begin_exposure", S.EXPOSING),
    (GATED,               E.RELEASE, "release",        STAY),
    (GATED,               E.RETIME,  "regate",         STAY),
    (S.EXPOSING,          E.EXPOSED, "try_readout",    S.HOLD),
    (S.HOLD,              E.OVER,    "try_readout",    STAY),
    (S.HOLD,              E.ROOM,    "try_readout",    STAY),
    (S.HOLD,              E.READ,    "begin_readout",  S.AFTER),
    (S.AFTER,             E.NEXT,    "arm",            S.BUSY),
    (S.AFTER,             E.LAST,    "drain",          S.DRAIN),
    (S.DRAIN,             E.OVER,    "close",          S.IDLE),
    ((S.BUSY, S.PARKED),  E.TRIGGER, "skip",           STAY),
    (SHOOTING,            E.TRIGGER, "skip",           STAY),
    (S.AFTER,             E.TRIGGER, "skip",           STAY),
    ((S.BUSY, S.READY),   E.BURST,   "skip_burst",     STAY),
    (SHOOTING,            E.BURST,   "skip_burst",     STAY),
    (WAITING,             E.STOP,    "drain",          S.DRAIN),
    (SHOOTING,            E.STOP,    "stop_after",     STAY),
    (WAITING + SHOOTING,  E.ABORT,   "abandon",        S.DRAIN),
    (S.DRAIN,             E.ABORT,   "abandon",        STAY),
)  # fmt: skip
LEAVING = {
    S.READY: "unready",
    S.PARKED: "unpark",
    S.EXPOSING: "end_exposure",
}
"""Action on leaving a state, whatever the event."""
