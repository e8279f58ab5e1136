"""Notes of problems: each is made once as the problem begins, and forgotten as it ends."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from camtwin.rig.wiring.judge import Finding
from camtwin.subscribers import Subscribers
from camtwin.units import Ns

FINE: Final = ("low", "high", "tolerance")  # marginal in a plan, no event in a run
MAX_NOTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Note:
    """A problem began."""

    t_ns: Ns
    where: str
    word: str
    reason: str


class Notes:
    """The latest notes in `log`; `word` and `words` return present problems.

    on_note  called with each note
    """

    def __init__(self) -> None:
        self.log: deque[Note] = deque(maxlen=MAX_NOTES)
        self.on_note = Subscribers[Note]()
        self._now: dict[str, str] = {}

    def tell(self, t_ns: Ns, finding: Finding) -> None:
        """Note a finding that begins; forget one that ends."""
        if finding.verdict == "ok" or finding.word in FINE:
            self._now.pop(finding.where, None)
        elif self._now.get(finding.where) != finding.word:
            self._now[finding.where] = finding.word
            self.log.append(Note(t_ns, finding.where, finding.word, finding.reason))
            self.on_note(self.log[-1])

    def word(self, where: str) -> str:
        """Return the word of the present problem at exactly this connection; empty if there is none."""
        return self._now.get(where, "")

    def words(self, where: str = "") -> set[str]:
        """Return the words of present problems at connections whose name contains `where`."""
        return {word for at, word in self._now.items() if where in at}
