"""Nights of a simulation in which shares become others: drawn from a seed, carried out, kept."""

from collections.abc import Mapping, Sequence
from datetime import date
from random import Random

from maemae.exchange.accounts import Account
from maemae.exchange.actions import LIQUIDATION_DAYS, ActedSource, Action, ActionKind, Booked, book
from maemae.exchange.extremes import Spans
from maemae.exchange.listing import DayBar, Listing
from maemae.exchange.sources import MarketSource
from maemae.market.calendar import Calendar
from maemae.proof.truth import Truth

_RATIOS: Mapping[ActionKind, Sequence[tuple[int, int]]] = {
    ActionKind.SPLIT: ((1, 2), (1, 5), (1, 10)),
    ActionKind.REVERSE_SPLIT: ((2, 1), (5, 1), (10, 1)),
    ActionKind.BONUS: ((1, 2), (2, 3), (10, 13)),
    ActionKind.RIGHTS: ((5, 6), (10, 13), (4, 5)),
    ActionKind.STOCK_DIVIDEND: ((100, 103), (20, 21)),
    ActionKind.MERGER: ((10, 7), (2, 3)),
    ActionKind.CODE_CHANGE: ((1, 1),),
    ActionKind.SPIN_OFF: ((10, 7), (2, 1)),
    ActionKind.DELISTING: ((1, 1),),
}
"""Old and new shares, as they are usual."""

_LATE = (ActionKind.BONUS, ActionKind.STOCK_DIVIDEND)
"""Actions whose new shares often come later than the base price tells of them."""


class Names:
    """A few instruments of a market, the same on each day."""

    def __init__(self, source: MarketSource, codes: Sequence[str]) -> None:
        self._source = source
        self._codes = frozenset(codes)

    def listings(self, day: date) -> list[Listing]:
        """Return them as they are on a day."""
        return [one for one in self._source.listings(day) if one.code in self._codes]

    def history(self, code: str, before: date) -> list[DayBar]:
        """Return an instrument's days before a day."""
        return self._source.history(code, before)

    def extremes(self, starts: Sequence[date], before: date) -> Mapping[str, Spans]:
        """Return the extremes of the days before a day."""
        return self._source.extremes(starts, before)


def draw(
    seed: int, codes: Sequence[str], days: Sequence[date], rate: float, calendar: Calendar
) -> list[Action]:
    """Draw what happens to each name in the nights between some days, once to each at most.

    Args:
        seed: of the simulation; its other dice stay as they are.
        codes: the names.
        days: the days, the first of which has no night before it.
        rate: chance of each name in each night.
        calendar: the days on which the exchange really opens.
    """
    dice = Random(f"nights of {seed}")
    found: list[Action] = []
    gone: set[str] = set()
    for day in days[1:]:
        for code in codes:
            if code in gone or dice.random() >= rate:
                continue
            gone.add(code)
            kind = dice.choice(tuple(ActionKind))
            found.append(draw_one(kind, code, codes, day, gone, dice=dice, calendar=calendar))
    return found


def draw_one(
    kind: ActionKind,
    code: str,
    codes: Sequence[str],
    day: date,
    gone: set[str],
    *,
    dice: Random,
    calendar: Calendar,
) -> Action:
    """Draw how an action of a kind happens to a name in the night before a day.

    Args:
        kind: of the action.
        code: the name.
        codes: all names; a merger leads to one of them.
        day: the first day on which it shows.
        gone: names to which something happens already; a merger adds its target.
        dice: the only source of chance.
        calendar: the days on which the exchange really opens.
    """
    old, new = dice.choice(_RATIOS[kind])
    into, arrives = "", None
    if kind in (ActionKind.CODE_CHANGE, ActionKind.SPIN_OFF):
        into = f"9{code[1:]}"
    elif kind is ActionKind.MERGER:
        into = dice.choice([one for one in codes if one != code])
        gone.add(into)
    elif kind is ActionKind.DELISTING:
        day = calendar.offset(day, LIQUIDATION_DAYS)
    elif kind in _LATE and dice.random() < 0.5:  # noqa: PLR2004 - even odds
        arrives = calendar.next_session(day)
    return Action(code=code, day=day, kind=kind, old=old, new=new, into=into, arrives=arrives)


class Nights:
    """Carries out on an account what was drawn, and tells the truth of it.

    Args:
        source: the market with the actions in its prices.
        truth: whose every share is.
    """

    def __init__(self, source: ActedSource, truth: Truth) -> None:
        self.source = source
        self._truth = truth
        self.told: list[tuple[date, Action]] = []
        """What happened so far, with the day on which it showed."""

    def pass_to(self, day: date, account: Account) -> list[Booked]:
        """Let the night before a day pass."""
        listings = self.source.listings(day)
        prices = {one.code: one.base for one in listings}
        self.told += [(day, one) for one in self.source.actions if one.day == day]
        done = [book(action, account, prices) for action in self.source.booked(day)]
        found = [one for one in done if one is not None]
        for one in found:
            self._truth.become(one)
        return found
