"""Many seeds at once, on all cores, and what they come to together."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from maemae.proof.kept import KeptOutcomes
from maemae.proof.simulate import Outcome, Plan, simulate


@dataclass(slots=True)
class Summary:
    """What many simulations came to; `outcomes` in order of their seeds."""

    outcomes: list[Outcome] = field(default_factory=list)
    cut_off: bool = False
    """Whether it was interrupted: what is here is what was done by then."""

    def total(self, name: str) -> int:
        """Add up a number over all seeds."""
        return sum(getattr(one, name) for one in self.outcomes)

    def counts(self, name: str) -> dict[str, int]:
        """Add up counts over all seeds."""
        together: dict[str, int] = {}
        for one in self.outcomes:
            for key, count in getattr(one, name).items():
                together[key] = together.get(key, 0) + count
        return dict(sorted(together.items()))

    @property
    def resolved(self) -> list[float]:
        """Seconds that each unknown order took to be resolved, shortest first."""
        return sorted(seconds for one in self.outcomes for seconds in one.resolved)

    @property
    def violations(self) -> list[Outcome]:
        """The seeds in which something happened that must never happen."""
        return [one for one in self.outcomes if one.violation]


def simulate_many(
    seeds: Iterable[int],
    plan: Plan,
    workers: int | None = None,
    told: Callable[[Outcome], None] = lambda _: None,
    *,
    events: int | None = None,
    kept: KeptOutcomes | None = None,
) -> Summary:
    """Run seeds on several cores.

    Args:
        seeds: which.
        plan: what to simulate for each.
        workers: processes at once; None for one per core.
        told: called with each outcome, in order of the seeds.
        events: after so many events no more seeds are begun, and those under way are waited for.
        kept: outcomes of an earlier run, which are not run again, and where new ones are added.

    An interrupt (Ctrl-C) ends it with what was done by then: `Summary.cut_off`.
    """
    workers = workers or os.cpu_count() or 1
    summary, coming = Summary(), iter(seeds)
    with ProcessPoolExecutor(workers, initializer=ignore_interrupts) as pool:

        def begin(seed: int) -> Future[Outcome]:
            if kept is None or seed not in kept.outcomes:
                return pool.submit(simulate, seed, plan)
            known: Future[Outcome] = Future()
            known.set_result(kept.outcomes[seed])
            return known

        running = deque(begin(seed) for seed in islice(coming, 2 * workers))
        try:
            while running:
                outcome = running.popleft().result()
                summary.outcomes.append(outcome)
                if kept is not None:
                    kept.add(outcome)
                told(outcome)
                if events is None or summary.total("events") < events:
                    running += [begin(seed) for seed in islice(coming, 1)]
        except KeyboardInterrupt:
            summary.cut_off = True
            end(pool)
    return summary


def ignore_interrupts() -> None:
    """Let a worker go on at Ctrl-C: the process that waits for it decides."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def end(pool: ProcessPoolExecutor) -> None:
    """End the workers now; a seed under way has nothing that could be kept."""
    workers = list(multiprocessing.active_children())
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        worker.terminate()


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of sorted values does not exceed; 0 without any."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0
