"""Holding the broker's books against ours, and what follows from a difference.

A balance is one witness, and may be old, empty or wrong for an hour. What was executed outweighs
it: a difference is acted on only when the account's turnover tells of trades that explain it, and
two balances, both asked while nothing was on its way, show the same one; five where shares of ours
would be written off. A name that was sold out keeps its line in the balance, with no shares, for
the day: one that is left out was not sold, and a page of the balance is missing. Until then shares
are disputed: they stay in their book with their exits, nothing is entered, and the owner is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from maemae.desk import missing
from maemae.desk.commands import Ask, Wake
from maemae.desk.difference import (
    Difference,
    apart,
    arriving,
    comparable,
    compare,
    explained,
    left_out,
    quiet,
)
from maemae.desk.disputes import Disputes
from maemae.desk.events import Balance, Query
from maemae.desk.records import (
    CashStated,
    DayOpened,
    Incident,
    OwnerTraded,
    PositionLost,
    PositionReturned,
    Reconciled,
    TurnoverStated,
)
from maemae.desk.state import State
from maemae.desk.tracking import BALANCE
from maemae.desk.turn import Turn
from maemae.desk.turnover import (
    Listed,
    Unbooked,
    accounts_for,
    add,
    agrees,
    is_old,
    may_be_back,
    moved_in_doubt,
    newly_moved_in_doubt,
    proves,
    unbooked,
)

AGAIN = timedelta(seconds=1)

LOOKS = 2
"""Agreeing balances after which a difference is acted on."""

LOOKS_TO_LOSE = 5
"""The same where a position would be given up: nothing protects it from then on, and a balance
with a page missing looks like that."""


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


def last_prices(state: State, balance: Balance) -> dict[str, int]:
    """Return the prices of a balance; of our names that it leaves out, what they have cost."""
    ours = {p.listed.code: p.average for p in state.portfolio.positions.values()}
    return ours | {h.code: h.price for h in balance.holdings if h.price > 0}


def _bases(state: State, balance: Balance) -> dict[str, int]:
    """Return the day's base prices of our names, as far as a balance tells them."""
    ours = {position.listed.code for position in state.portfolio.positions.values()}
    told = {holding.code: holding.base for holding in balance.holdings if holding.base}
    return {code: told[code] for code in sorted(ours & told.keys())}


def _loses(state: State, difference: Difference) -> bool:
    """Whether a book of ours would lose shares if a difference were acted on."""
    foreign = state.portfolio.foreign
    return any(-change > foreign.get(code, 0) for code, change in difference.shares.items())


def _came(state: State, code: str, change: int) -> int:
    """Return how many of the shares that differ came overnight: nobody has bought them today.

    More of a name that we hold may have been another's, which the owner was asked about first.
    """
    portfolio = state.portfolio
    came = portfolio.came.get(code, 0) - portfolio.shares(code)
    if any(held == code for _, held in portfolio.positions):
        came = portfolio.shown.get(code, 0) - portfolio.overnight.get(code, 0)
    return max(0, min(change, came))


def _went(state: State, seen: Mapping[str, int], code: str, change: int) -> int:
    """Return how many of the shares that differ went overnight: nobody has sold them today.

    Parts of a share are paid out. `seen` are the most that balances of today have shown.
    """
    portfolio = state.portfolio
    most = min(portfolio.overnight.get(code, 0), portfolio.shares(code))
    return max(0, min(-change, most - max(seen.get(code, 0), portfolio.shown.get(code, 0))))


@dataclass(slots=True)
class Reconciler:
    """Remembers the last difference seen, to act only when it is seen again."""

    agreed: bool = False
    """Whether the books agreed when they were last compared."""
    tell: bool = False
    """Whether the next agreement is a fact though they agreed before: the stream was away."""
    listed: Unbooked | None = None
    """The day's executions as the order list told them last; None where the venue has none."""
    _told: Listed | None = None
    """The last list of orders that was whole."""
    _disputes: Disputes = field(default_factory=Disputes)
    _last: Difference | None = field(default=None)
    _prices: dict[str, int] = field(default_factory=dict)
    """What balances have stated last, also of names that are gone from them."""
    _left_out: dict[str, int] = field(default_factory=dict)
    """Shares of the owner's that the day's first balance lacked, by code."""
    _seen: dict[str, int] = field(default_factory=dict)
    """The most shares that balances of today have shown, by code."""
    _looks: int = 0
    _inquired: bool = False

    def inquired(self, listed: Listed | None = None) -> None:
        """Note that the day's orders are up to date, or that the venue does not list them."""
        self._inquired = True
        if listed is not None:
            known = self.listed or listed
            self.listed = Unbooked(max(known.bought, listed.bought), max(known.sold, listed.sold))
            self._told = listed

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
        balances tell whether they are gone. Those that were written off and are there go back.
        """
        theirs = {h.code: h.quantity for h in balance.holdings if h.quantity}
        day, before = balance.at.date(), dict(turn.state.portfolio.foreign)
        paid_for = turn.state.cash - balance.cash
        turn.record(
            DayOpened(
                at=turn.at,
                day=day,
                cash=balance.cash,
                holdings=theirs,
                worth=balance.cash + _worth(turn.state, balance),
                bought=balance.bought or 0,
                sold=balance.sold or 0,
                owners=_owners(turn.state, theirs),
                prices=_bases(turn.state, balance),
            )
        )
        self.listed, self._told, self._seen = None, None, {}
        foreign = turn.state.portfolio.foreign
        new = {code: held - before.get(code, 0) for code, held in list(foreign.items())}
        if paid_for <= 0:
            for code, shares in new.items():
                back = min(shares, self._returning(turn.state, code))
                if back > 0:
                    turn.record(OwnerTraded(at=turn.at, code=code, change=-back))
                    self._give_back(turn, code, back)
        kept = turn.state.portfolio.foreign
        self._left_out = {
            code: shares - kept.get(code, 0)
            for code, shares in before.items()
            if shares > kept.get(code, 0)
        }
        self.agreed = theirs == turn.state.portfolio.holdings()
        if not self.agreed:
            turn.do(Wake(BALANCE, turn.at + AGAIN))

    def check(
        self,
        turn: Turn,
        balance: Balance,
        prices: Mapping[str, int] | None = None,
        *,
        blind: bool = False,
        closed: bool = False,
    ) -> None:
        """Compare, and act on a difference that stays.

        Args:
            turn: the step.
            balance: as the broker stated it.
            prices: the last ones, by code.
            blind: the venue lists no orders; what ours did with their names is judged elsewhere.
            closed: nothing is traded any more today.
        """
        for one in balance.holdings:
            self._seen[one.code] = max(self._seen.get(one.code, 0), one.quantity)
        settled = quiet(turn.state, balance)
        if not settled and not (blind and comparable(turn.state, balance)):
            return
        difference = compare(turn.state, balance)
        if not difference:
            if settled:
                self._agree(turn, balance)
            return
        if is_old(turn.state, balance, None if blind else self.listed) and not (blind and closed):
            self._old(turn, balance)
            return
        self.agreed = False
        partly = not settled or (blind and explained(turn.state, difference))
        if partly:
            difference = apart(turn.state, difference)
            if not difference:
                turn.do(Wake(BALANCE, turn.at + AGAIN))
                return
        self._prices |= {h.code: h.price for h in balance.holdings if h.price > 0}
        known = last_prices(turn.state, balance) | self._prices | dict(prices or {})
        self._act(turn, difference, balance, known, partly=partly, closed=closed)

    def _agree(self, turn: Turn, balance: Balance) -> None:
        state = turn.state
        if self.tell or not self.agreed:
            turn.record(Reconciled(at=turn.at, cash=balance.cash))
        self.agreed, self.tell, self._last = True, False, None
        self._settle_turnover(turn, balance)
        self._disputes.over(turn, {code for _, code in state.portfolio.positions})

    def _settle_turnover(self, turn: Turn, balance: Balance) -> None:
        """Put down what others traded, now that the books have all of it."""
        if balance.bought is None or balance.sold is None:
            return
        more, moved = unbooked(turn.state, balance), moved_in_doubt(turn.state, balance)
        untold = {code: -shares for code, shares in moved.items()}
        open_yet = turn.state.untold != untold or any(turn.state.guessed.values())
        if more.bought or more.sold or open_yet:
            turn.record(
                TurnoverStated(
                    at=turn.at, bought=balance.bought, sold=balance.sold, moved=moved
                )
            )  # fmt: skip

    def _old(self, turn: Turn, balance: Balance) -> None:
        """Take nothing from a balance that lacks what is proved; ask again."""
        more = unbooked(turn.state, balance)
        said = f"{balance.bought or 0:,} {more.bought:+,} / {balance.sold or 0:,} {more.sold:+,}"
        if self._disputes.note(turn, "balance_stale", said):
            self.agreed = False
        turn.do(Ask(Query.EXECUTIONS, version=turn.state.version))
        turn.do(Wake(BALANCE, turn.at + self._disputes.again))

    def _act(
        self,
        turn: Turn,
        difference: Difference,
        balance: Balance,
        prices: Mapping[str, int],
        *,
        partly: bool,
        closed: bool,
    ) -> None:
        """Act on a difference that was seen often enough and is explained; else look again."""
        state = turn.state
        self._looks = self._looks + 1 if difference == self._last else 1
        loses = _loses(state, difference)
        listed = proves(state, self._told, balance, difference.shares)
        strange = self._told.strange if self._told is not None and listed else None
        late = arriving(state, self._not_overnight(state, difference), turn.at, strange)
        enough = self._looks >= (LOOKS_TO_LOSE if loses or (late and closed) else LOOKS)
        if not self._accounted(state, difference, balance, prices, partly=partly, closed=closed):
            # What is the owner's came in or went out untraded, if the day ends with it so.
            enough = self._looks >= LOOKS_TO_LOSE and closed and not loses
            if not enough:
                self._disputes.note(turn, "books_disputed", _said(state, difference))
        # When nothing is traded any more nothing arrives: by now the list has what it will have.
        late = late and not closed
        # A list that agrees with the balance has what a working order of ours has filled.
        unheard = explained(state, difference) and not listed
        if not enough or late or not self._inquired or unheard:
            self._last, self._inquired = difference, False
            turn.do(Ask(Query.EXECUTIONS, version=state.version))
        else:
            self._last = None
            self._follow(turn, difference, balance)
            if not partly:
                self._settle_turnover(turn, balance)
        turn.do(Wake(BALANCE, turn.at + self._disputes.again))

    def _not_overnight(self, state: State, difference: Difference) -> Difference:
        """Return a difference without shares that were gone before any order of today."""
        shares = {
            code: change
            for code, change in difference.shares.items()
            if change + _went(state, self._seen, code, change)
        }
        return Difference(shares=shares, cash=difference.cash)

    def _accounted(
        self,
        state: State,
        difference: Difference,
        balance: Balance,
        prices: Mapping[str, int],
        *,
        partly: bool,
        closed: bool,
    ) -> bool:
        """Whether trades explain a difference, or shares that were written off are back.

        A line that a balance leaves out is no sale while the session lasts; after it five balances
        in a row have to do, for nobody has written down that the line stays.
        """
        if not difference.shares and balance.bought is None:
            return True
        if proves(state, self._told, balance, difference.shares):
            return True
        more = unbooked(state, balance)
        any_shown = bool(balance.holdings)  # One that shows nothing at all is no witness of it.
        traded = {
            code: change
            - _came(state, code, change)
            + (_went(state, self._seen, code, change) if any_shown else 0)
            for code, change in difference.shares.items()
        }
        if not closed and any(traded[code] for code in left_out(difference, balance)):
            return False
        untold = [c for c in traded if not proves(state, self._told, balance, [c])]
        if proves(state, self._told, balance, ()) and not any(traded[c] for c in untold):
            return True  # The list has all the won, name by name, and what it lacks was not traded.
        shares = {
            code: change
            for code, change in traded.items()
            if change
            and (more.bought > 0 or not 0 < change <= self._may_come_back(state, code))
            and not (change > 0 and self._came_in(state, code, balance, more))
        }
        if difference.shares and not shares:
            return True
        withheld = state.portfolio.withheld
        told = add(shares, {c: n for c, n in state.untold.items() if c not in withheld})
        beside = newly_moved_in_doubt(state, balance)
        # What went overnight was sold in the evening, perhaps: its won came in overnight then.
        # What was followed before may have moved untraded: no won will ever be told of it.
        ways = (told, told | beside, told | difference.shares, shares)
        # After the close each share that is gone is stated to be, by a line of its own: no page is
        # missing that would have to tell where the rest of the won has gone.
        stated = closed and not left_out(difference, balance)
        return any(
            accounts_for(state, more, way, prices, partly=partly or stated, closed=closed)
            for way in ways
        )

    def _follow(self, turn: Turn, difference: Difference, balance: Balance) -> None:
        for code, change in difference.shares.items():
            self._follow_shares(turn, code, change, balance)
        if difference.cash:
            reason = "owner_traded" if difference.shares else "costs"
            turn.record(CashStated(at=turn.at, difference=difference.cash, reason=reason))

    def _follow_shares(self, turn: Turn, code: str, change: int, balance: Balance) -> None:
        foreign = turn.state.portfolio.foreign.get(code, 0)
        back = min(max(0, change), self._returning(turn.state, code))
        back = may_be_back(turn.state, self._told, balance, code, back)
        self._give_back(turn, code, back)
        owners = change - back if change > 0 else -min(-change, foreign)
        if owners:
            turn.record(OwnerTraded(at=turn.at, code=code, change=owners))
        short = owners + back - change
        for (book, held), position in list(turn.state.portfolio.positions.items()):
            if held == code and short > 0:
                lost = min(short, position.quantity)
                short -= lost
                self._lose(turn, book, code, lost)

    def _may_come_back(self, state: State, code: str) -> int:
        """Shares of a name that need no purchase to be there: they were, a while ago."""
        return self._returning(state, code) + self._left_out.get(code, 0)

    def _came_in(self, state: State, code: str, balance: Balance, more: Unbooked) -> bool:
        """Whether shares of a name that no book has came in untraded, which makes them the owner's.

        They came overnight and the first balance had a page less, or from another house. While
        shares of ours are gone and nobody knows yet what they became, they may be those.
        """
        portfolio = state.portfolio
        if portfolio.unchecked or any(not doubt.after for doubt in portfolio.doubted.values()):
            return False
        if any(held == code for _, held in (*state.portfolio.positions, *state.portfolio.lost)):
            return False
        if self._told is not None and agrees(self._told, balance):
            return not self._told.shares.get(code)
        return more == Unbooked(0, 0) and not any(state.guessed.values())

    def _returning(self, state: State, code: str) -> int:
        """Shares of a name that were written off and may come back."""
        return sum(
            gone.quantity for (_, lost), gone in state.portfolio.lost.items() if lost == code
        )

    def _give_back(self, turn: Turn, code: str, shares: int) -> None:
        """Put shares that are there again back into the books that had lost them."""
        for (book, lost), gone in list(turn.state.portfolio.lost.items()):
            back = min(shares, gone.quantity) if lost == code else 0
            if back > 0:
                shares -= back
                said = f"{book} {code}: {back:,}"
                turn.record(Incident(at=turn.at, kind=missing.RETURNED, detail=said))
                turn.record(PositionReturned(at=turn.at, book=book, code=code, quantity=back))
                missing.go_on(turn, book)

    def _lose(self, turn: Turn, book: str, code: str, quantity: int) -> None:
        turn.record(
            Incident(
                at=turn.at,
                kind=missing.LOST,
                detail=f"{book} {code}: {quantity:,}",
            )
        )
        turn.record(PositionLost(at=turn.at, book=book, code=code, quantity=quantity))
        missing.stop(turn, book)


def _said(state: State, difference: Difference) -> str:
    """Put a difference as data: by code the broker's shares against ours, and the won."""
    ours = state.portfolio.holdings()
    names = [
        f"{code}: {ours.get(code, 0) + change:,} / {ours.get(code, 0):,}"
        for code, change in difference.shares.items()
    ]
    return ", ".join([*names, *([f"{difference.cash:+,}원"] if difference.cash else [])])
