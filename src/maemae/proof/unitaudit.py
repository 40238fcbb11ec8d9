"""What must hold of a day that opens with shares in another unit, whatever the desk made of it."""

from collections.abc import Callable
from fractions import Fraction

from maemae.desk.records import OWNER, Intended, PositionMoved, UnitChanged
from maemae.desk.state import State
from maemae.exchange.actions import Action, ActionKind
from maemae.market.kinds import Market, Side
from maemae.market.ticks import tick_size
from maemae.proof.bounds import must
from maemae.proof.truth import Truth

ROOM = Fraction(2, 100)
"""Costs, ticks and the step from the price that fired to the one that was looked at."""


class UnitAudit:
    """Judges sales and conversions by the true shares, their true cost and the true action.

    Args:
        truth: whose every share is.
    """

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._today: dict[str, Action] = {}
        self._lasts: dict[str, int] = {}
        self._moved: set[tuple[str, str]] = set()
        """Books and names into which shares came today, at today's price."""

    def begin_day(self, actions: list[Action], lasts: dict[str, int]) -> None:
        """Go on with a day on which these actions show; `lasts` are the closes before."""
        self._today = {one.code: one for one in actions}
        self._lasts = lasts
        self._moved.clear()

    def moved(self, record: PositionMoved) -> None:
        """Note that a book has shares now that have cost what they are worth in today's unit."""
        self._moved.add((record.book, record.listed.code))

    def sold(self, record: Intended, state: State, price: int) -> None:
        """Check that a bound which sells was reached by trading, not by the unit alone.

        Raises:
            InvariantError: in the true unit it was not reached.
        """
        code = record.listed.code
        action, position = self._today.get(code), state.portfolio.positions.get((record.book, code))
        if (record.book, code) in self._moved:
            return
        if action is None or position is None or not self._is_sure(state, code):
            return
        shares = self._truth.ours[record.book, code]
        if not shares:
            return  # All of it is a part of a share: nobody can tell whose the whole one is.
        worth = Fraction(price * shares)
        if action.kind is ActionKind.RIGHTS or action.arrives:
            # The new shares, or the rights to them, are the holder's and not in the price.
            worth = worth / action.price_factor
        # Of few shares the part of one that was paid out is all that the new ones came to.
        part = price * self._truth.parts.get((code, action.booked), Fraction(0))
        rate, most = worth / position.paid - 1, (worth + part) / position.paid - 1
        exits = position.exits
        if record.reason == "stop_loss" and exits.stop_loss is not None:
            bound = -Fraction(exits.stop_loss) + ROOM
            must(rate <= bound, f"{record.intent} sells {code} at {float(rate):+.1%} as a loss")
        if record.reason == "take_profit" and exits.take_profit is not None:
            bound = Fraction(exits.take_profit) - ROOM
            must(most >= bound, f"{record.intent} sells {code} at {float(most):+.1%} as a profit")

    def _is_sure(self, state: State, code: str) -> bool:
        """Whether the truth knows the shares of a book, all of them from before today."""
        moved = (
            self._truth.taken[code] or self._truth.oversold[code] or code in self._truth.strangers
        )
        bought = any(
            o.code == code and o.filled and o.side is Side.BUY
            for o in state.blotter.orders.values()
        )
        return not moved and not bought and self._truth.can_be_told(code)

    def changed(self, record: UnitChanged, base_of: Callable[[str], int | None]) -> None:
        """Check that a conversion gains and loses nothing.

        Raises:
            InvariantError: shares or worth appear or vanish.
        """
        must(
            sum(record.shares.values()) == record.after,
            f"{record.code}: {record.shares} are not {record.after}",
        )
        if record.reason == "person":
            return
        into = record.code if record.listed is None else record.listed.code
        must(record.base == base_of(into), f"{into}: {record.base} is not its base price")
        last = self._lasts.get(record.code)
        if last is not None and record.reason == "rights":
            said = f"{record.code}: rights leave it at {record.price_was}, it closed at {last}"
            must(record.price_was == last, said)
        if last is None or record.reason not in ("changed", "moved"):
            return
        before, after = last * record.before, record.base * record.after
        # A base price is rounded to its tick: of a share of 81 won that is more than a percent.
        tick = tick_size(record.base, record.at.date(), Market.KOSPI)
        room = record.base + max(after // 100, tick * record.after)
        must(abs(before - after) <= room, f"{record.code}: {before} won became {after}")

    def check_owner(self, state: State) -> None:
        """Check that no share of ours was given to the owner while nobody knew what it was.

        What a share has become the desk does not know yet: it may count them as they were.

        Raises:
            InvariantError: the owner's book has more than the owner.
        """
        truth, unclear = self._truth, state.portfolio.unclear
        for code in state.portfolio.withheld:
            if code not in truth.strangers:
                before = truth.owned_before.get(code, 0) if code in unclear else 0
                most = max(0, truth.owners[code], before) + truth.rounded[code]
                said = state.portfolio.foreign.get(code, 0)
                must(said <= most, f"{OWNER} was given {said} of {code}, has {most}")
