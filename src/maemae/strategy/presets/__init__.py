"""Strategies that come with maemae, by name.

Titles and explanations are message ids: show them through `maemae.i18n`.
"""

from maemae.i18n import _
from maemae.strategy.declare import Strategy
from maemae.strategy.presets import classic, official, plans
from maemae.strategy.tree import RuleError

PRESETS: dict[str, Strategy] = {
    strategy.name: strategy
    for module in (official, classic, plans)
    for strategy in module.STRATEGIES
}
OFFICIAL: tuple[str, ...] = tuple(strategy.name for strategy in official.STRATEGIES)
"""The ten of the broker's strategy builder."""


def preset(name: str) -> Strategy:
    """Return a preset by name.

    Raises:
        RuleError: there is none of that name.
    """
    if name not in PRESETS:
        raise RuleError(
            _("there is no preset {name!r}; there are {presets}").format(
                name=name, presets=", ".join(PRESETS)
            )
        )
    return PRESETS[name]
