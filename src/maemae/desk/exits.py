"""When a position is to be sold: pure functions of its declared exits and a price."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from maemae.desk.positions import Position
from maemae.desk.terms import Exits
from maemae.market.calendar import Calendar, krx
from maemae.market.costs import CostRules, Turnover
from maemae.market.kinds import Side

STOP_LOSS = "stop_loss"
"""The reason of a sale at the loss bound."""

TIME_OF_DAY = "time_of_day"
"""The reason of a sale at the declared time, and of giving up an entry that it would sell."""


def profit(position: Position, price: int, rules: CostRules, on: date) -> int:
    """Return what selling the whole position at a price would earn, in won, after all costs."""
    listed = position.listed
    proceeds = price * position.quantity
    costs = rules.costs(Turnover().add(Side.SELL, proceeds, listed.market, listed.kind), on)
    return proceeds - costs.total - position.paid - position.costs


def profit_rate(position: Position, price: int, rules: CostRules, on: date) -> Decimal:
    """Return that profit as a fraction of what the position cost (수익률)."""
    return Decimal(profit(position, price, rules, on)) / (position.paid + position.costs)


def _rate(position: Position, price: int, rules: CostRules, on: date) -> Decimal:
    """Return the profit that the bounds of a position are held against, as a fraction.

    What rights were worth that have left the shares counts neither as a loss nor as a cost.
    """
    left = position.rights if position.rights < position.paid else 0
    if position.exits.of_price:
        cost = position.paid - left
        return Decimal(price * position.quantity - cost) / cost
    cost = position.paid + position.costs - left
    return Decimal(profit(position, price, rules, on) + left) / cost


def exit_reason(
    position: Position,
    price: int,
    rules: CostRules,
    now: datetime,
    calendar: Calendar | None = None,
) -> str | None:
    """Return which declared exit a price triggers at a moment of venue time, or None.

    Args:
        position: what is held.
        price: won.
        rules: fees and taxes.
        now: the moment.
        calendar: trading days; ours where left out.

    The stop loss goes before the take profit; both bounds count when they are reached exactly.
    """
    exits, on = position.exits, now.date()
    if exits.stop_loss is not None or exits.take_profit is not None:
        rate = _rate(position, price, rules, on)
        if exits.stop_loss is not None and rate <= -exits.stop_loss:
            return STOP_LOSS
        if exits.take_profit is not None and rate >= exits.take_profit:
            return "take_profit"
    if exits.trailing is not None and price <= position.high * (1 - exits.trailing):
        return "trailing_stop"
    return _time_is_up(position, now, calendar or krx())


def _time_is_up(position: Position, now: datetime, calendar: Calendar) -> str | None:
    exits = position.exits
    late = late_from(exits, now.date(), calendar)
    if late is not None and now.time() < late:
        return None
    if exits.days is None:
        return None if late is None else TIME_OF_DAY
    return "max_holding" if days_held(position, now.date(), calendar) >= exits.days else None


def flat_from(exits: Exits, now: datetime, calendar: Calendar) -> datetime | None:
    """Return from when on today the time alone sells at once what is bought; None: never."""
    late = None if exits.days is not None else late_from(exits, now.date(), calendar)
    return None if late is None else datetime.combine(now.date(), late, now.tzinfo)


def sold_at_once(exits: Exits, now: datetime, calendar: Calendar) -> bool:
    """Whether the time of day alone would sell at once what is bought now."""
    flat = flat_from(exits, now, calendar)
    return flat is not None and now >= flat


def late_from(exits: Exits, day: date, calendar: Calendar) -> time | None:
    """Return the time of day from which on these exits sell; None: they state none."""
    if exits.before_close is None:
        return exits.at
    close = calendar.hours(day).close
    early = (close - timedelta(minutes=exits.before_close)).time()
    return max(early, exits.at or early)


def days_held(position: Position, day: date, calendar: Calendar) -> int:
    """Return how many trading days ago a position was bought."""
    return calendar.age(position.since.date(), day)
