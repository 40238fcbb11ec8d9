"""What the demonstration trades where the settings name no books, and what to expect of it."""

from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.trader.settings import Settings

_CLOSE = time(15, 15)
"""From then on both books sell, so that nothing is carried overnight."""

BOOKS: tuple[dict[str, Any], ...] = (
    {"way": "condition", "name": "scalper", "sell_at": _CLOSE},
    {
        "way": "breakout", "name": "breakout", "level": "open_range", "part": 0.5,
        "take_profit": None, "stop_loss": "0.03", "max_names": 3, "sell_at": _CLOSE,
        "universe": {"ranking": "value", "top": 20},
    },
)  # fmt: skip
"""A scalper, and a book that buys breakouts (변동성 돌파) and holds them into the afternoon."""


def with_books(settings: "Settings", flags: dict[str, Any]) -> dict[str, Any]:
    """Return the flags, with the books of the demonstration where the settings name none."""
    return flags if "book" in settings.model_fields_set else flags | {"book": BOOKS}


def round_trip(settings: "Settings", day: date) -> Decimal:
    """Return what buying and selling costs, as a fraction of the price: fees and tax."""
    from maemae.market.costs import CostRules, tax_rates

    costs = settings.costs.over(CostRules.REAL)
    taxes = tax_rates(day).kospi
    law = Decimal(sum(taxes)) / 1_000_000_000
    return 2 * costs.fee_rate + (law if costs.tax_rate is None else costs.tax_rate)


def odds(gain: Decimal, loss: Decimal, cost: Decimal) -> Decimal:
    """Return how often a gain comes before a loss where prices go nowhere in particular.

    A driftless price meets the nearer bound in proportion to the distance of the other one. The
    bounds are profits after costs, so the gain is further away than it says and the loss nearer.

    Args:
        gain: at which it is sold, after costs, as a fraction of the purchase.
        loss: the same, of the loss.
        cost: of a round trip, as a fraction.
    """
    up, down = gain + cost, max(loss - cost, Decimal(0))
    return down / (up + down)


def promises(settings: "Settings", day: date) -> list[str]:
    """Say by which rules the books trade, and what that comes to in a fair game."""
    from maemae.trader.books.breakout import BreakoutBook
    from maemae.trader.books.condition import ConditionBook

    cost = round_trip(settings, day)
    lines = []
    for book in settings.book:
        gain, loss = book.take_profit, book.stop_loss
        if isinstance(book, ConditionBook) and gain is not None and loss is not None:
            text = _(
                "{name}: buys what a search finds, sells at +{gain} or -{loss} after costs. In a "
                "fair game it wins {chance} of its trades and loses the costs, {cost} a trade."
            )
            chance = _percent(odds(gain, loss, cost), 0)
            said = text.format(
                name=book.name, gain=_percent(gain), loss=_percent(loss), chance=chance,
                cost=_percent(cost, 2),
            )  # fmt: skip
        elif isinstance(book, BreakoutBook) and loss is not None and book.sell_at is not None:
            text = _(
                "{name}: buys a name that rises above its open by {part} of yesterday's range, "
                "sells at -{loss} or from {at} on. In a fair game it loses the costs, {cost} a "
                "trade."
            )
            said = text.format(
                name=book.name, part=f"{book.part:g}", loss=_percent(loss),
                at=f"{book.sell_at:%H:%M}", cost=_percent(cost, 2),
            )  # fmt: skip
        else:
            text = _("{name}: of your settings. In a fair game it loses the costs, {cost} a trade.")
            said = text.format(name=book.name, cost=_percent(cost, 2))
        lines.append(said)
    return lines


def _percent(part: Decimal, digits: int = 1) -> str:
    return f"{part * 100:.{digits}f}%"
