"""Notes of problems: each is made once as the problem begins, and forgotten as it ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from camtwin.rig.wiring.judge import LACKS, Finding, Verdict
from camtwin.subscribers import Subscribers
from camtwin.units import Ns

FINE: Final = ("low", "high", "tolerance")  # marginal in a plan, no event in a run
MAX_NOTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Note:
    """A problem began; `verdict` is that of its finding."""

    t_ns: Ns
    where: str
    word: str
    reason: str
    verdict: Verdict = "wrong"


class Notes:
    """The latest notes in `log`; `words` returns present problems.

    on_note  called with each note
    wrong    what went wrong, (connection, word), but for feeds that were missing and came
    """

    def __init__(self) -> None:
        self.log: deque[Note] = deque(maxlen=MAX_NOTES)
        self.on_note = Subscribers[Note]()
        self.wrong: set[tuple[str, str]] = set()
        self._now: dict[str, set[str]] = {}
        self._fed: set[str] = set()  # connections that had their feed once

    def tell(self, t_ns: Ns, *findings: Finding, keep: Collection[str] = ()) -> None:
        """Note findings of one connection that begin; forget those that ended, but for words to `keep`."""
        where = findings[0].where
        if findings[0].verdict == "ok" and where not in self._now and where in self._fed:
            return  # nothing was wrong, and nothing is: most edges end here
        was = self._now.pop(where, set[str]())
        problems = [f for f in findings if f.verdict != "ok" and f.word not in FINE]
        if now := {f.word for f in problems} | (was & set(keep)):
            self._now[where] = now
        if any(finding.is_fed for finding in findings):
            self._fed.add(where)
            self.wrong -= {(where, word) for word in LACKS}
        for finding in problems:
            if finding.word not in was:
                if finding.verdict == "wrong" and not (where in self._fed and finding.word in LACKS):
                    self.wrong.add((where, finding.word))
                self.log.append(Note(t_ns, where, finding.word, finding.reason, finding.verdict))
                self.on_note(self.log[-1])

    def words(self, where: str = "") -> set[str]:
        """Return the words of present problems at connections whose name contains `where`."""
        return {word for at, words in self._now.items() if where in at for word in words}
