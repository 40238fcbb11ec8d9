"""The look-ahead check: what a strategy says of a bar must not change when later bars arrive.

Expressions cannot look ahead; Python rules can. The strategy is asked about history cut off at
several points, and each answer is compared with the one it gave knowing everything. It is also
asked with no more history than its warm-up, which must be enough.
"""

from dataclasses import dataclass, field

import numpy as np

from maemae.bars.panel import Panel
from maemae.strategy.declare import Strategy
from maemae.strategy.signals import Signals, signals

ROLES = ("entry", "exit", "score")


@dataclass(frozen=True)
class Finding:
    """A bar about which the answer depends on what it must not depend on.

    Attributes:
        role: "entry", "exit" or "score".
        cause: "future" if later bars change the answer, "history" if bars older than the warm-up
            change it.
        code, time: the first such bar.
        bars: how many bars differ.
    """

    role: str
    cause: str
    code: str
    time: np.datetime64
    bars: int


def check(strategy: Strategy, panel: Panel, *, cuts: int = 8) -> list[Finding]:
    """Return how a strategy's answers over a panel depend on the future or on too much past.

    Args:
        strategy: any strategy whose candidates are a rule.
        panel: bars to try it on; a few hundred times and a few dozen instruments show most.
        cuts: at how many points history is cut off.
    """
    comparison = _Comparison(panel, signals(strategy, panel))
    times = panel.shape[1]
    for cut in np.linspace(times // 3, times - 1, cuts).astype(int).tolist():
        comparison.add("future", signals(strategy, panel.first(cut)), 0, cut)
    bars = strategy.warmup.bars
    if strategy.rules and bars < times:
        for cut in np.linspace(bars, times, cuts).astype(int).tolist():
            least = panel.window(cut - bars, cut)
            comparison.add("history", signals(strategy, least), cut - 1, cut)
    return list(comparison.findings.values())


@dataclass
class _Comparison:
    """Answers with all bars known, against those with fewer."""

    panel: Panel
    whole: Signals
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def add(self, cause: str, part: Signals, first: int, last: int) -> None:
        """Compare what `part` says of the times from `first` to `last` (exclusive), its last."""
        for role in ROLES:
            known, asked = getattr(self.whole, role), getattr(part, role)
            if known is None or asked is None or (role, cause) in self.findings:
                continue
            fill = False if known.dtype == np.bool_ else np.nan
            left = self.whole.packed.spread(known, fill)[:, first:last]
            right = part.packed.spread(asked, fill)[:, first - last :]
            same = (left == right) | ((left != left) & (right != right))  # noqa: PLR0124 - NaN
            if same.all():
                continue
            rows, columns = np.nonzero(~same)
            at = int(np.argmin(columns))
            code, time = self.panel.codes[int(rows[at])], self.panel.times[first + columns[at]]
            self.findings[role, cause] = Finding(role, cause, code, time, len(rows))
