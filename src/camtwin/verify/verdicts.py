"""`camtwin verify`: each claim of a data sheet, measured on the running twin.

A verdict is pass, fail, or open with a reason; a pass has one where it leaves a part of the claim out. A
behaviour that nothing could make fail is no proof: where no mutation of the twin is known to turn a row red
(proven.py), a passing row stays open.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Literal, TypeVar

from camtwin.problem import Missing, Problem
from camtwin.processes import end_with, ending_later
from camtwin.verify import measures
from camtwin.verify.case import Case, Wrong
from camtwin.verify.claims import Claim, LedgerInvalid, load
from camtwin.verify.measures import Measurement

Verdict = Literal["pass", "fail", "open"]
UNPROVEN: Final = "no mutation proves this check"
UNCHECKED: Final = "its row names no measurement"
T = TypeVar("T")
R = TypeVar("R")


class VerifyProblem(Problem):
    """The claims cannot be verified; one line that says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """A claim, and what came of it."""

    claim: Claim
    measured: str
    verdict: Verdict
    reason: str = ""

    def row(self) -> dict[str, str]:
        """As `--json` prints it."""
        c = self.claim
        return {
            "id": c.id,
            "claim": c.claim,
            "sheet": c.sheet,
            "measured": self.measured,
            "verdict": self.verdict,
            "reason": self.reason,
        }


def claims_of(model: str, pattern: str = "*", ledger: Mapping[str, Claim] | None = None) -> list[Claim]:
    """Select the rows about a model whose id matches, from its own ledger if none is given.

    VerifyProblem if there are none.
    """
    rows = load(model) if ledger is None else ledger
    if not rows:
        raise VerifyProblem(f"{model}: there is no ledger of its data sheet; --ledger names one of your own")
    found = [claim for name, claim in rows.items() if fnmatchcase(name, pattern) or pattern in name]
    if not found:
        raise VerifyProblem(f"{model}: no claim of its ledger matches {pattern!r}")
    return found


def verify(
    model: str, claims: Sequence[Claim], *, jobs: int = 1, proven: Iterable[str] = ()
) -> Iterator[Result]:
    """Measure claims; results as they come, in no order: heavy measurements begin first.

    LedgerInvalid if a row's measure cannot be read.

    jobs    processes; with one, everything runs here
    proven  rows that a mutation turns red
    """
    measures.load()
    known = set(proven)
    work = groups(claims)
    for claim in claims:
        if not measures.steps(claim):
            yield Result(claim, "", "open", measures.later(claim) or UNCHECKED)
    for result in _measured(model, work, jobs):
        if result.verdict == "pass" and result.claim.kind == "behaviour" and result.claim.id not in known:
            yield Result(result.claim, result.measured, "open", UNPROVEN)
        else:
            yield result


def groups(claims: Iterable[Claim]) -> list[list[Claim]]:
    """Claims that are measured, heavy ones first; those of one measurement may share its work."""
    found: dict[Measurement, list[Claim]] = {}
    for claim in claims:
        if one := measures.group(claim):
            found.setdefault(one, []).append(claim)
    return [found[one] for one in sorted(found, key=lambda one: not one.heavy)]


def measure(model: str, group: Iterable[Claim]) -> list[Result]:
    """Carry out the measurements of each claim of a group on fresh twins."""
    measures.load()
    shared: dict[object, object] = {}
    return [_judge(Case(model, claim, shared)) for claim in group]


def _judge(case: Case) -> Result:
    try:
        for step in measures.steps(case.claim):
            step(case)
    except Wrong as wrong:
        return Result(case.claim, case.measured, "fail", str(wrong))
    except LedgerInvalid:
        raise
    except Missing as missing:
        return Result(case.claim, "", "open", f"not on this computer: {missing}")
    except Exception as error:  # whatever a twin makes of a check, it is one row of the report
        text = " ".join(str(error).split()) or "no more is said"
        return Result(case.claim, case.measured, "fail", f"{type(error).__name__}: {text}"[:300])
    if not case.notes:
        return Result(case.claim, "", "fail", "the check measured nothing")
    return Result(case.claim, case.measured, "pass", case.unmeasured)


def _measured(model: str, work: Sequence[list[Claim]], jobs: int) -> Iterator[Result]:
    if jobs == 1 or len(work) < 2:
        for group in work:
            yield from measure(model, group)
        return
    for results in spread(_work, [(model, group) for group in work], jobs):
        yield from results


def spread(fn: Callable[[T], R], tasks: Sequence[T], jobs: int) -> Iterator[R]:
    """fn of each task in so many processes, as they come. VerifyProblem where a process dies."""
    context = multiprocessing.get_context("spawn")  # kernels run threads, which a fork would lose
    pool = ProcessPoolExecutor(min(jobs, len(tasks)), context, end_with, (os.getpid(),))
    try:
        with ending_later():  # a signal is for this process alone, and not while it begins others
            futures = [pool.submit(fn, task) for task in tasks]
        for done in as_completed(futures):
            yield done.result()
    except BrokenProcessPool:
        raise VerifyProblem("a process that ran checks has died") from None
    finally:
        for child in multiprocessing.active_children():  # after Ctrl-C they have work left
            child.kill()
        pool.shutdown(cancel_futures=True)  # its thread has ended, too: the interpreter's end would race it


def _work(task: tuple[str, list[Claim]]) -> list[Result]:
    return measure(*task)


def ordered(results: Iterable[Result], claims: Iterable[Claim]) -> list[Result]:
    """In the order of the claims."""
    place = {claim.id: i for i, claim in enumerate(claims)}
    return sorted(results, key=lambda result: place[result.claim.id])


def counts(results: Iterable[Result]) -> Mapping[Verdict, int]:
    """Count the claims that pass, fail and are open."""
    found = Counter(result.verdict for result in results)
    return {verdict: found[verdict] for verdict in ("pass", "fail", "open")}
