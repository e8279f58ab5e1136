"""What is not as it should be, noted once as it begins and forgotten as it ends."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from camtwin.rig.wiring.judge import Finding
from camtwin.subscribers import Subscribers
from camtwin.units import Ns

FINE: Final = ("low", "high", "tolerance")  # marginal for who plans, no event for who runs
MAX_NOTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Note:
    """Something began that is not as it should be."""

    t_ns: Ns
    where: str
    word: str
    reason: str


class Notes:
    """`log`: the latest notes. What holds now is asked for by `word` and `words`.

    on_note  told of each"""

    def __init__(self) -> None:
        self.log: deque[Note] = deque(maxlen=MAX_NOTES)
        self.on_note = Subscribers[Note]()
        self._now: dict[str, str] = {}

    def tell(self, t_ns: Ns, finding: Finding) -> None:
        """Note what begins; forget what ends."""
        if finding.verdict == "ok" or finding.word in FINE:
            self._now.pop(finding.where, None)
        elif self._now.get(finding.where) != finding.word:
            self._now[finding.where] = finding.word
            self.log.append(Note(t_ns, finding.where, finding.word, finding.reason))
            self.on_note(self.log[-1])

    def word(self, where: str) -> str:
        """What is wrong now at exactly this connection; empty if nothing is."""
        return self._now.get(where, "")

    def words(self, where: str = "") -> set[str]:
        """Words of what is not as it should be now, at connections whose name contains this."""
        return {word for at, word in self._now.items() if where in at}
