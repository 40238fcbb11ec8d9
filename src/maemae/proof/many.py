"""Many seeds at once, on all cores, and what they come to together."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from maemae.proof.simulate import Outcome, Plan, simulate


@dataclass(slots=True)
class Summary:
    """What many simulations came to; `outcomes` in order of their seeds."""

    outcomes: list[Outcome] = field(default_factory=list)

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
    events: int | None = None,
) -> Summary:
    """Run seeds on several cores.

    Args:
        seeds: which.
        plan: what to simulate for each.
        workers: processes at once; None for one per core.
        told: called with each outcome, in order of the seeds.
        events: after so many events no more seeds are begun, and those under way are waited for.
    """
    workers = workers or os.cpu_count() or 1
    summary, coming = Summary(), iter(seeds)
    with ProcessPoolExecutor(workers) as pool:
        running = deque(pool.submit(simulate, seed, plan) for seed in islice(coming, 2 * workers))
        while running:
            outcome = running.popleft().result()
            summary.outcomes.append(outcome)
            told(outcome)
            if events is None or summary.total("events") < events:
                running += [pool.submit(simulate, seed, plan) for seed in islice(coming, 1)]
    return summary


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of sorted values does not exceed; 0 without any."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0
