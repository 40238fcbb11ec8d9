"""Holding the broker's books against ours, and what follows from a difference.

The broker is right. A single difference may be a reply that crossed a fill, so nothing is done
before two balances, both asked while nothing was on its way, show the same one; before five where
shares of ours would be given up.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from maemae.desk.commands import Ask, Wake
from maemae.desk.events import Balance, Query
from maemae.desk.orders import OrderState
from maemae.desk.records import (
    CashStated,
    DayOpened,
    Halt,
    Halted,
    Incident,
    OwnerTraded,
    PositionLost,
    Reconciled,
)
from maemae.desk.state import State
from maemae.desk.tracking import BALANCE
from maemae.desk.turn import Turn
from maemae.market.kinds import Side

AGAIN = timedelta(seconds=1)

LOOKS = 2
"""Agreeing balances after which a difference is acted on."""

LOOKS_TO_LOSE = 5
"""The same where a position would be given up: nothing protects it from then on, and a balance
with a page missing looks like that."""

STALE_LOOKS = 30
"""Old balances in a row after which the broker is believed to mean them."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Broker minus ours: shares by code, and won."""

    shares: dict[str, int]
    cash: int

    def __bool__(self) -> bool:
        return bool(self.shares) or self.cash != 0


def compare(state: State, balance: Balance) -> Difference:
    """Compare a complete balance with the books; names of which nothing is known are left out."""
    withheld = state.portfolio.withheld
    ours = state.portfolio.holdings()
    theirs = {h.code: h.quantity for h in balance.holdings if h.quantity}
    shares = {
        code: change
        for code in sorted((ours.keys() | theirs.keys()) - withheld)
        if (change := theirs.get(code, 0) - ours.get(code, 0))
    }
    return Difference(shares=shares, cash=balance.cash - state.cash)


def repeats_the_past(state: State, balance: Balance) -> bool:
    """Whether a balance only shows what our own books were earlier in the day."""
    theirs = frozenset((h.code, h.quantity) for h in balance.holdings if h.quantity)
    return (balance.cash, theirs) in state.past


def _owners(state: State, theirs: dict[str, int]) -> dict[str, int]:
    """Return which of the broker's shares are the owner's, as far as it is known at the opening.

    Of a name that our books hold they are as many as before, until it is known that its shares
    are what they were. Shares of other names are the owner's, unless some of ours are gone and
    may have become them.
    """
    portfolio = state.portfolio
    held = {code for _, code in portfolio.positions}
    short = any(theirs.get(code, 0) < portfolio.shares(code) for code in held)
    owners = {code: n for code, n in portfolio.foreign.items() if code in held}
    for code, shares in theirs.items():
        if code not in held:
            known = portfolio.foreign.get(code, 0)
            owners[code] = min(shares, known) if short else shares
    return {code: shares for code, shares in sorted(owners.items()) if shares}


def _worth(state: State, balance: Balance) -> int:
    """Return what our positions are worth at the broker's prices; at cost where it states none."""
    prices = {h.code: h.price for h in balance.holdings}
    ours = state.portfolio.positions.values()
    return sum(p.quantity * (prices.get(p.listed.code) or p.average) for p in ours)


def comparable(state: State, balance: Balance) -> bool:
    """Whether nothing moved since a balance was asked for and nothing is on the wire."""
    return balance.asked == state.version and not any(
        order.state is OrderState.INTENDED for order in state.blotter.live()
    )


def quiet(state: State, balance: Balance) -> bool:
    """Whether a balance tells how everything stands: it can be compared, and nothing is unknown."""
    return comparable(state, balance) and not any(
        order.state is OrderState.UNKNOWN for order in state.blotter.live()
    )


def explained(state: State, difference: Difference) -> bool:
    """Whether fills of a working order that we have not heard of yet may be the difference."""
    return any(_may_be_fills(state, *change) for change in difference.shares.items())


def _may_be_fills(state: State, code: str, change: int) -> bool:
    most = sum(order.remaining for order in state.blotter.live(code=code, side=_filling(change)))
    return 0 < abs(change) <= most


def apart(state: State, difference: Difference) -> Difference:
    """Return the shares of a difference that no order of ours can have moved, and no cash.

    Where the venue lists no orders, one of unknown outcome may stay so for long: what others did
    with other names does not wait for it.
    """
    unknown = {order.code for order in state.blotter.live() if order.state is OrderState.UNKNOWN}
    shares = {
        code: change
        for code, change in difference.shares.items()
        if code not in unknown and not _may_be_fills(state, code, change)
    }
    return Difference(shares=shares, cash=0)


def _loses(state: State, difference: Difference) -> bool:
    """Whether a book of ours would lose shares if a difference were acted on."""
    foreign = state.portfolio.foreign
    return any(-change > foreign.get(code, 0) for code, change in difference.shares.items())


def _filling(change: int) -> Side:
    return Side.BUY if change > 0 else Side.SELL


@dataclass(slots=True)
class Reconciler:
    """Remembers the last difference seen, to act only when it is seen again."""

    agreed: bool = False
    """Whether the books agreed when they were last compared."""
    tell: bool = False
    """Whether the next agreement is a fact though they agreed before: the stream was away."""
    cash_open: bool = False
    """Whether shares were followed of which the cash was not: it tells no price until then."""
    _last: Difference | None = field(default=None)
    _looks: int = 0
    _inquired: bool = False
    _stale: int = 0

    def inquired(self) -> None:
        """Note that the day's orders are up to date, or that the venue does not list them."""
        self._inquired = True

    def begin_again(self) -> None:
        """Take nothing as agreed that was agreed before now."""
        self.agreed = self._inquired = False

    @property
    def settled(self) -> bool:
        """Whether balance and orders were both looked at, and nothing differed."""
        return self.agreed and self._inquired

    def open_day(self, turn: Turn, balance: Balance) -> None:
        """Begin a day from the broker's books; what no book of ours explains is the owner's.

        Shares of ours that a single balance does not show are not given up for it: the next
        balances tell whether they are gone.
        """
        theirs = {h.code: h.quantity for h in balance.holdings if h.quantity}
        day = balance.at.date()
        turn.record(
            DayOpened(
                at=turn.at,
                day=day,
                cash=balance.cash,
                holdings=theirs,
                worth=balance.cash + _worth(turn.state, balance),
                owners=_owners(turn.state, theirs),
            )
        )
        self.agreed = theirs == turn.state.portfolio.holdings()
        if not self.agreed:
            turn.do(Wake(BALANCE, turn.at + AGAIN))

    def check(self, turn: Turn, balance: Balance, *, blind: bool = False) -> None:
        """Compare, and act on a difference that stays.

        Args:
            turn: the step.
            balance: as the broker stated it.
            blind: the venue lists no orders; what ours did with their names is judged elsewhere.
        """
        settled = quiet(turn.state, balance)
        if not settled and not (blind and comparable(turn.state, balance)):
            return
        difference = compare(turn.state, balance)
        if not difference:
            if not settled:
                return
            if self.tell or not self.agreed:
                turn.record(Reconciled(at=turn.at, cash=balance.cash))
            self.agreed, self.tell, self._last, self._stale = True, False, None, 0
            self.cash_open = False
            return
        if self._is_old(turn, balance):
            return
        self.agreed = False
        if not settled or (blind and explained(turn.state, difference)):
            difference = apart(turn.state, difference)
            if not difference:
                turn.do(Wake(BALANCE, turn.at + AGAIN))
                return
            self.cash_open = True
        self._act(turn, difference)

    def _act(self, turn: Turn, difference: Difference) -> None:
        """Act on a difference that was seen often enough; else look again."""
        self._looks = self._looks + 1 if difference == self._last else 1
        enough = self._looks >= (LOOKS_TO_LOSE if _loses(turn.state, difference) else LOOKS)
        if not enough or not self._inquired or explained(turn.state, difference):
            self._last, self._inquired = difference, False
            turn.do(Ask(Query.EXECUTIONS, version=turn.state.version))
        else:
            self._last = None
            self._follow(turn, difference)
        turn.do(Wake(BALANCE, turn.at + AGAIN))

    def _is_old(self, turn: Turn, balance: Balance) -> bool:
        """Whether a balance only repeats what our own books were earlier in the day; ask again."""
        if not repeats_the_past(turn.state, balance) or self._stale >= STALE_LOOKS:
            return False
        self._stale += 1
        if self._stale == STALE_LOOKS:
            said = f"the broker showed old books {STALE_LOOKS} times"
            turn.record(Incident(at=turn.at, kind="balance_stale", detail=said))
        turn.do(Ask(Query.EXECUTIONS, version=turn.state.version))
        turn.do(Wake(BALANCE, turn.at + AGAIN))
        return True

    def _follow(self, turn: Turn, difference: Difference) -> None:
        for code, change in difference.shares.items():
            self._follow_shares(turn, code, change)
        if difference.cash:
            reason = "owner_traded" if difference.shares else "costs"
            turn.record(CashStated(at=turn.at, difference=difference.cash, reason=reason))

    def _follow_shares(self, turn: Turn, code: str, change: int) -> None:
        foreign = turn.state.portfolio.foreign.get(code, 0)
        owners = change if change > 0 else -min(-change, foreign)
        if owners:
            turn.record(OwnerTraded(at=turn.at, code=code, change=owners))
        missing = owners - change
        for (book, held), position in list(turn.state.portfolio.positions.items()):
            if held == code and missing > 0:
                lost = min(missing, position.quantity)
                missing -= lost
                self._lose(turn, book, code, lost)

    def _lose(self, turn: Turn, book: str, code: str, quantity: int) -> None:
        turn.record(
            Incident(
                at=turn.at,
                kind="position_lost",
                detail=f"{book} should hold {quantity} more of {code} than the broker shows",
            )
        )
        turn.record(PositionLost(at=turn.at, book=book, code=code, quantity=quantity))
        if turn.state.halt is Halt.NONE:
            turn.record(Halted(at=turn.at, level=Halt.ENTRIES, reason="position_lost"))
