"""By what a strategy chooses where more names enter at once than it may hold."""

from maemae.i18n import _
from maemae.strategy.declare import Strategy
from maemae.strategy.language import close, volume
from maemae.strategy.text import to_text
from maemae.strategy.tree import Expr

_TRADED = to_text(close * volume)


def by_traded_value(strategy: Strategy) -> bool:
    """Whether the names with the most money traded go first.

    That is a choice of its own, which can do more than the rules (`unranked_return` of a
    backtest tells how much), so it is shown wherever strategies are offered.
    """
    return isinstance(strategy.score, Expr) and to_text(strategy.score) == _TRADED


def ranked_by(strategy: Strategy) -> str:
    """Say by what it chooses; blank where there is no order."""
    if strategy.score is None:
        return ""
    return _("traded value") if by_traded_value(strategy) else _("its own score")


def warning() -> str:
    """Say what to look at where names are chosen by traded value."""
    return _(
        "Ranked by traded value, a strategy can do quite otherwise than its rules: compare its "
        "return with the one without ranking."
    )
