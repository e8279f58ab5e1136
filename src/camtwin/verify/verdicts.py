"""`camtwin verify`: each claim of a data sheet, measured on the running twin.

A verdict is pass, fail, or open with a reason; a pass has one where it leaves a part of the claim out. A
behaviour that nothing could make fail is no proof: where no mutation of the twin is known to turn a row red
(proven.py), a passing row stays open.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Literal, TypeVar

from camtwin.problem import Problem
from camtwin.verify import case as cases
from camtwin.verify import checks
from camtwin.verify.case import Case, Check, Wrong
from camtwin.verify.claims import Claim, load

Verdict = Literal["pass", "fail", "open"]
UNPROVEN: Final = "no mutation proves this check"
UNCHECKED: Final = "no check is written for this row"
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


def claims_of(model: str, pattern: str = "*") -> list[Claim]:
    """The rows about a model whose id matches. VerifyProblem if there are none."""
    rows = load(model)
    if not rows:
        raise VerifyProblem(f"{model}: there is no ledger of its data sheet")
    found = [claim for name, claim in rows.items() if fnmatchcase(name, pattern) or pattern in name]
    if not found:
        raise VerifyProblem(f"{model}: no row of its ledger is like {pattern!r}")
    return found


def verify(
    model: str, claims: Sequence[Claim], *, jobs: int = 1, proven: Iterable[str] = ()
) -> Iterator[Result]:
    """Results as they come, in no order: heavy checks begin first.

    jobs    processes; with one, everything runs here
    proven  rows that a mutation turns red
    """
    checks.load()
    known = set(proven)
    for claim in claims:
        if claim.id not in cases.CHECKS:
            yield Result(claim, "", "open", cases.why_later(claim.id) or UNCHECKED)
    for result in _measured(model, groups(claims), jobs):
        if result.verdict == "pass" and result.claim.kind == "behaviour" and result.claim.id not in known:
            yield Result(result.claim, result.measured, "open", UNPROVEN)
        else:
            yield result


def groups(claims: Iterable[Claim]) -> list[list[Claim]]:
    """Claims that have a check, heavy ones first; those of one function may share a measurement."""
    found: dict[Check, list[Claim]] = {}
    for claim in claims:
        if fn := cases.CHECKS.get(claim.id):
            found.setdefault(fn, []).append(claim)
    heavy = {fn for fn in found if fn in cases.HEAVY}
    return [found[fn] for fn in sorted(found, key=lambda fn: fn not in heavy)]


def measure(model: str, group: Iterable[Claim]) -> list[Result]:
    """Run the check of each claim of a group on fresh twins."""
    checks.load()
    shared: dict[object, object] = {}
    return [_judge(Case(model, claim, shared)) for claim in group]


def _judge(case: Case) -> Result:
    try:
        cases.CHECKS[case.claim.id](case)
    except Wrong as wrong:
        return Result(case.claim, case.measured, "fail", str(wrong))
    except Exception as error:  # whatever a twin makes of a check, it is one row of the report
        said = " ".join(str(error).split()) or "no more is said"
        return Result(case.claim, case.measured, "fail", f"{type(error).__name__}: {said}"[:300])
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
    pool = ProcessPoolExecutor(min(jobs, len(tasks)), context)
    try:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:  # processes begun here have Ctrl-C blocked: it is for this one alone
            futures = [pool.submit(fn, task) for task in tasks]
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for done in as_completed(futures):
            yield done.result()
    except BrokenProcessPool:
        raise VerifyProblem("a process that ran checks has died") from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():  # after Ctrl-C they have work left
            child.terminate()
            child.join()


def _work(task: tuple[str, list[Claim]]) -> list[Result]:
    checks.load()
    return measure(*task)


def ordered(results: Iterable[Result], model: str) -> list[Result]:
    """In the order of the sheet."""
    place = {name: i for i, name in enumerate(load(model))}
    return sorted(results, key=lambda result: place[result.claim.id])


def counts(results: Iterable[Result]) -> Mapping[Verdict, int]:
    """How many passed, failed and are open."""
    found = Counter(result.verdict for result in results)
    return {verdict: found[verdict] for verdict in ("pass", "fail", "open")}
