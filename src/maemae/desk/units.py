"""The first minutes of a day: whether a share of what we hold is what it was at the last close.

Until that is known nothing of the name is sold, and its shares in the balance are nobody's. It
is asked before the open; a single answer confirms that nothing changed, and two that agree are
needed for anything else. Where they do not come, thirty seconds of the session are waited for them,
and then what was seen last has to do, if it was the day's first balance: exits wait no longer.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor

from maemae.desk.commands import Ask, Wake
from maemae.desk.events import Balance, Price, Query, UnitOrdered
from maemae.desk.portfolio import Portfolio
from maemae.desk.positions import Detached
from maemae.desk.prices import Quote
from maemae.desk.records import (
    OWNER,
    Incident,
    Listed,
    OwnerTraded,
    UnitChanged,
    UnitDoubted,
    UnitRefused,
    UnitsConfirmed,
)
from maemae.desk.state import State
from maemae.desk.turn import Turn
from maemae.desk.turnover import accounts_for, unbooked
from maemae.desk.unitcheck import Told, Verdict, judge
from maemae.market.limits import limit_percent
from maemae.market.ticks import tick_size

UNITS = "units"
"""The name of the timer."""

AGAIN = timedelta(seconds=2)
LONGEST = timedelta(seconds=30)
"""For so long of the session the base price is waited for."""

LOOKS = 2
"""Agreeing answers after which a change is believed."""

MOST = 1000
"""A share becomes at most so many by a person's word, or so many become one."""

CHANGED, RIGHTS, UNCLEAR = "unit_changed", "rights_detached", "unit_unclear"
AGAIN_THERE = "unit_there_again"
"""Kinds of incidents."""


@dataclass(slots=True)
class _Looks:
    """The same answer so many times in a row."""

    value: int
    times: int = 1


@dataclass(slots=True)
class Units:
    """Finds out what became of our shares overnight, and takes in what a person says of it."""

    opens: datetime | None = None
    """When the session of the day opens."""
    _bases: dict[str, _Looks] = field(default_factory=dict)
    _shares: dict[str, _Looks] = field(default_factory=dict)
    _verdicts: dict[str, tuple[Verdict, int]] = field(default_factory=dict)
    _balance: Mapping[str, int] | None = None
    _listed: dict[str, Listed] = field(default_factory=dict)
    _since: datetime | None = None
    _rounds: int = 0
    """How often it was asked: a name that is not listed any more is not asked for all the time."""

    # What comes in.

    def begin(self, turn: Turn) -> None:
        """Ask, where something is not known yet: the day was just opened, or gone on with."""
        portfolio = turn.state.portfolio
        self._since = turn.at
        for doubt in portfolio.doubted.values():
            turn.record(Incident(at=turn.at, kind=UNCLEAR, detail=_said(doubt)))
        if portfolio.unchecked:
            self._ask(turn)

    def balance(self, turn: Turn, event: Balance, quotes: Mapping[str, Quote]) -> None:
        """Take in the broker's shares."""
        held = {one.code: one.quantity for one in event.holdings}
        self._balance = held
        for code in sorted(turn.state.portfolio.unchecked):
            self._look(self._shares, code, held.get(code, 0))
        for one in event.holdings:
            if one.base is not None and one.code in turn.state.portfolio.unchecked:
                self._look(self._bases, one.code, one.base)
        self._judge(turn, quotes)
        for code, doubt in list(turn.state.portfolio.doubted.items()):
            if not doubt.after and held.get(code):
                self._there_again(turn, code, held[code], quotes)
        for code in sorted(_without_rights(turn.state) - turn.state.portfolio.unchecked):
            self._arrive(turn, code, event, quotes)

    def _there_again(self, turn: Turn, code: str, now: int, quotes: Mapping[str, Quote]) -> None:
        """Go on with a name that seemed to be gone, once two balances show what we hold of it."""
        self._look(self._shares, code, now)
        told = self._told(turn, code, quotes)
        same = judge(told, _tick(told, turn.at), limit_percent(turn.at.date(), told.listed.market))
        if told.now == told.before and self._twice(code) and same is Verdict.SAME:
            turn.record(UnitsConfirmed(at=turn.at, codes=(code,)))
            turn.record(Incident(at=turn.at, kind=AGAIN_THERE, detail=f"{code}: {now:,}"))

    def _arrive(self, turn: Turn, code: str, event: Balance, quotes: Mapping[str, Quote]) -> None:
        """Book the new shares of rights that left, whenever they come: nobody has bought those."""
        self._look(self._shares, code, (self._balance or {}).get(code, 0))
        told = self._told(turn, code, quotes)
        new = {code: told.now - told.before}
        prices = {code: told.price or told.last}
        bought = accounts_for(turn.state, unbooked(turn.state, event), new, prices, partly=True)
        if new[code] > 0 and self._shares[code].times >= LOOKS and not bought:
            told = replace(told, base=told.last)
            if judge(told, _tick(told, turn.at), 0) is Verdict.ARRIVED:
                self._follow(turn, told, Verdict.ARRIVED)

    def priced(self, turn: Turn, event: Price, quotes: Mapping[str, Quote]) -> None:
        """Take in a base price."""
        if event.base is None or not turn.state.portfolio.unchecked:
            return
        if event.listed is not None:
            self._listed[event.code] = event.listed
        self._look(self._bases, event.code, event.base)
        self._judge(turn, quotes)

    def due(self, turn: Turn, quotes: Mapping[str, Quote]) -> None:
        """Ask again, or go by what is known."""
        if turn.state.portfolio.unchecked:
            self._judge(turn, quotes)
        if turn.state.portfolio.unchecked:
            self._ask(turn)

    @staticmethod
    def _look(looks: dict[str, _Looks], code: str, value: int) -> None:
        known = looks.get(code)
        if known is not None and known.value == value:
            known.times += 1
        else:
            looks[code] = _Looks(value)

    def _ask(self, turn: Turn) -> None:
        """Ask for what is missing: base prices of the names, the balance if one look is old."""
        state = turn.state
        wanted = sorted(state.portfolio.unchecked)
        wanted += sorted({code for one in wanted for code in self._risen(state, one)})
        for code in dict.fromkeys(wanted):
            turn.do(Ask(Query.PRICE, code))
        if self._balance is not None:
            turn.do(Ask(Query.BALANCE, version=state.version))
        self._rounds += 1
        wait = min(AGAIN * 2 ** min(self._rounds - 1, 10), LONGEST)
        last = max(filter(None, (self._since, self.opens)), default=turn.at) + LONGEST
        turn.do(Wake(UNITS, min(turn.at + wait, max(last, turn.at + AGAIN))))

    # What follows.

    def _judge(self, turn: Turn, quotes: Mapping[str, Quote]) -> None:
        """Decide of every name of which enough is known."""
        if self._balance is None and not self._late(turn.at):
            return
        same: dict[str, int] = {}
        portfolio = turn.state.portfolio
        # What has fewer shares first: what another has more of may be its.
        for code in sorted(
            portfolio.unchecked, key=lambda one: (not self._short(portfolio, one), one)
        ):
            told = self._told(turn, code, quotes)
            verdict = self._verdict(turn.at, told)
            if verdict is Verdict.SAME:
                if (
                    told.now > told.before
                    and self._claimed(turn.state, code)
                    and not self._late(turn.at)
                ):
                    continue
                same[code] = told.now - told.before
            elif verdict is not None:
                self._follow(turn, told, verdict)
        if same:
            turn.record(UnitsConfirmed(at=turn.at, codes=tuple(same)))
        for code, change in same.items():
            self._owner_traded(turn, code, change)

    def _owner_traded(self, turn: Turn, code: str, change: int) -> None:
        """Follow what the owner did since the last close: no turnover of today tells of it.

        Shares that were written off may be what is there again: that is told from the books. New
        ones may be what another name's have become; what is not in the balance at all was not sold.
        """
        portfolio = turn.state.portfolio
        if any(lost == code for _, lost in portfolio.lost) or code in portfolio.withheld:
            return
        if change < 0 and code not in (self._balance or {}):
            return
        owners = max(change, -portfolio.foreign.get(code, 0))
        if owners:
            turn.record(OwnerTraded(at=turn.at, code=code, change=owners, overnight=True))

    def _verdict(self, at: datetime, told: Told) -> Verdict | None:
        """Return what is to be made of a name, or None while that is too early to say."""
        code = told.listed.code
        late = self._late(at)
        verdict = judge(told, _tick(told, at), limit_percent(at.date(), told.listed.market))
        if verdict is Verdict.SAME:
            # Without a last close there is nothing to hold a base price against.
            known = told.base is not None or not told.last or late
            stays = told.now == told.before or late or self._twice(code)
            return verdict if known and stays else None
        if late:
            return verdict
        base = self._bases.get(code)
        agreed = (base is not None and base.times >= LOOKS) or told.now == 0
        if not agreed or not self._twice(code):
            return None
        # What is unclear now may be clear with the next balance: only time makes it a doubt.
        return verdict if verdict is not Verdict.UNCLEAR else None

    def _twice(self, code: str) -> bool:
        """Whether two balances in a row showed the same shares of a name."""
        shares = self._shares.get(code)
        return shares is not None and shares.times >= LOOKS

    def _late(self, at: datetime) -> bool:
        first = max(filter(None, (self._since, self.opens)), default=None)
        return first is not None and at - first >= LONGEST

    def _told(self, turn: Turn, code: str, quotes: Mapping[str, Quote]) -> Told:
        state, portfolio = turn.state, turn.state.portfolio
        positions = [p for (_, held), p in portfolio.positions.items() if held == code]
        looks, quote = self._bases.get(code), quotes.get(code)
        # After a restart within the first minutes the day's first balance told it, perhaps.
        known = state.today.bases.get(code) if self._late(turn.at) else None
        base = known if looks is None else looks.value
        risen = {
            other: shares
            for other, shares in self._risen(state, code).items()
            if not self._has_split(turn, other, quotes)
        }
        left = portfolio.detached.get(code, Detached())
        last = portfolio.closes.get(code, 0)
        opening = code in portfolio.unchecked
        before = portfolio.overnight.get(code, 0) if opening else portfolio.shares(code)
        return Told(
            listed=positions[0].listed,
            before=before,
            now=self._held(portfolio).get(code, 0),
            last=last,
            base=base,
            price=0 if quote is None else quote.price,
            missed=_missed(state),
            rights=left.factor,
            entitled=left.shares,
            risen=risen,
            bases={one: self._bases[one].value for one in risen if one in self._bases},
            gone=self._gone(portfolio, code),
            fresh=self._fresh(state, code),
        )

    def _has_split(self, turn: Turn, code: str, quotes: Mapping[str, Quote]) -> bool:
        """Whether the new shares of a name that we held are its own: another's are not among them.

        One that is worth many shares of the other fits nearly any of them.
        """
        if code not in turn.state.portfolio.unchecked:
            return False
        told = self._told(turn, code, quotes)
        percent = limit_percent(turn.at.date(), told.listed.market)
        return judge(told, _tick(told, turn.at), percent) is Verdict.CHANGED

    def _gone(self, portfolio: Portfolio, code: str) -> frozenset[str]:
        """Return the other names of which every balance has shown fewer shares than overnight."""
        held = self._held(portfolio)
        return frozenset(
            other
            for other, shares in portfolio.overnight.items()
            if other != code and max(portfolio.shown.get(other, 0), held.get(other, 0)) < shares
        )

    def _fresh(self, state: State, code: str) -> frozenset[str]:
        """Return the names that nobody held overnight, where a name may have got another's shares.

        What is there of it now may be those and a part of its own, of which the rest is fresh.
        """
        portfolio = state.portfolio
        doubts = portfolio.doubted.values()
        joined = self._claimed(state, code) or any(code in doubt.others for doubt in doubts)
        if not joined or self._short(portfolio, code):
            return frozenset()
        # What only later balances show may have been bought.
        shown = {one for one, shares in portfolio.shown.items() if shares}
        return frozenset(shown - portfolio.overnight.keys())

    def _risen(self, state: State, code: str) -> dict[str, int]:
        """Return the shares that other names have more than overnight: they may be this one's."""
        portfolio = state.portfolio
        if not self._short(portfolio, code):
            return {}
        held, overnight = dict(self._held(portfolio)), portfolio.overnight
        # The page with a name that had come may be missing now, and what we trade today moves
        # shares, too: the first balance told what had come.
        for one in portfolio.shown.keys() | held.keys():
            first = portfolio.shown.get(one, 0)
            now = held.get(one, 0) - portfolio.followed.get(one, 0)
            held[one] = first if _is_traded(state, one) else max(first, now)
        return {
            other: shares - overnight.get(other, 0)
            for other, shares in held.items()
            if other != code and shares > overnight.get(other, 0)
        }

    def _held(self, portfolio: Portfolio) -> Mapping[str, int]:
        """Return the broker's shares as they were seen last, at the latest in the first balance."""
        return portfolio.shown if self._balance is None else self._balance

    def _short(self, portfolio: Portfolio, code: str) -> bool:
        """Whether there are fewer shares of a name than overnight."""
        return self._held(portfolio).get(code, 0) < portfolio.overnight.get(code, 0)

    def _claimed(self, state: State, code: str) -> bool:
        """Whether new shares of a name may be what those of another have become."""
        return any(code in self._risen(state, other) for other in state.portfolio.unchecked)

    def _follow(self, turn: Turn, told: Told, verdict: Verdict) -> None:
        code, base = told.listed.code, told.base or 0
        change: UnitChanged
        match verdict:
            case Verdict.CHANGED:
                change = _changed(turn, told, told.now, verdict, base=base)
            case Verdict.ARRIVED:
                change = _arrived(turn, told, base)
            case Verdict.RIGHTS:
                prices = told.last, base
                change = _changed(turn, told, told.before, verdict, base=base, prices=prices)
            case Verdict.MOVED:
                change = self._moved(turn, told)
            case _:
                self._doubt(turn, told)
                return
        kind = RIGHTS if verdict is Verdict.RIGHTS else CHANGED
        turn.record(change)
        detail = f"{code}: {change.before:,} > {change.after:,}, {told.last:,} > {base:,} won"
        if change.listed is not None:
            detail += f", {change.listed.code}"
        turn.record(Incident(at=turn.at, kind=kind, detail=detail))

    def _moved(self, turn: Turn, told: Told) -> UnitChanged:
        """Return that the shares of a name stand under another code."""
        ((into, shares),) = told.risen.items()
        listed = self._listed.get(into, Listed(code=into))
        base = told.bases[into]
        return _changed(turn, told, shares, Verdict.MOVED, base=base, listed=listed)

    def _doubt(self, turn: Turn, told: Told) -> None:
        doubt = UnitDoubted(
            at=turn.at,
            code=told.listed.code,
            before=told.before,
            after=told.now,
            last=told.last,
            base=told.base or 0,
            others=tuple(sorted(told.risen)),
        )
        turn.record(doubt)
        turn.record(Incident(at=turn.at, kind=UNCLEAR, detail=_said(doubt)))

    # What a person says.

    def ordered(self, turn: Turn, order: UnitOrdered) -> None:
        """Let shares be what a person says, unless that cannot be."""
        rule, detail = self._refusal(turn.state, order)
        if rule:
            turn.record(
                UnitRefused(
                    at=turn.at, code=order.code, rule=rule, detail=detail, ticket=order.ticket
                )
            )
            return
        portfolio = turn.state.portfolio
        before = portfolio.shares(order.code)
        doubt = portfolio.doubted.get(order.code)
        into = order.into if order.into not in ("", order.code) else ""
        listed = self._listed.get(into, Listed(code=into)) if into else None
        turn.record(
            UnitChanged(
                at=turn.at,
                code=order.code,
                before=before,
                after=order.shares,
                shares=share_out(_by_book(turn.state, order.code), order.shares),
                price_was=order.shares or before,
                price_is=before,
                base=doubt.base if doubt is not None and not into else 0,
                listed=listed,
                reason="person",
                ticket=order.ticket,
            )
        )

    def _shows_none(self, code: str) -> bool:
        """Whether the broker's last balance has no share of a name; an offline desk saw none."""
        return not (self._balance or {}).get(code)

    def _refusal(self, state: State, order: UnitOrdered) -> tuple[str, str]:
        """Return the rule that forbids a person's word, and its detail; blanks when it may be."""
        held = state.portfolio.shares(order.code)
        ours = any(code == order.code for _, code in state.portfolio.positions)
        if not ours:
            return "not_held", order.code
        if any(state.blotter.live(code=order.code)):
            return "live_orders", order.code
        if order.into != order.code and order.into in state.portfolio.doubted:
            return "into_unclear", order.into  # A word on that one could not tell the two apart.
        nothing_left = not order.shares and not order.into and self._shows_none(order.code)
        few = not nothing_left and held > order.shares * MOST
        if few or order.shares > held * MOST:
            return "nonsense", f"{order.code}: {held:,} > {order.shares:,}"
        into = order.into or order.code
        known = state.portfolio.shares(into) if into != order.code else 0
        shown = self._held(state.portfolio).get(into, 0) - known
        if order.shares > shown:
            return "not_shown", f"{into}: {shown:,} < {order.shares:,}"
        return "", ""


def share_out(held: Mapping[str, int], after: int) -> dict[str, int]:
    """Give each book its part of so many shares; what whole shares leave goes by what is left."""
    before = sum(held.values())
    exact = {book: Fraction(shares * after, before) for book, shares in held.items()}
    given = {book: floor(part) for book, part in exact.items()}
    rest = after - sum(given.values())
    for book in sorted(exact, key=lambda one: (given[one] - exact[one], one == OWNER, one))[:rest]:
        given[book] += 1
    return given


def _by_book(state: State, code: str) -> dict[str, int]:
    """Return the shares of a name by book, the owner's among them."""
    portfolio = state.portfolio
    held = {book: p.quantity for (book, one), p in portfolio.positions.items() if one == code}
    if code in portfolio.foreign:
        held[OWNER] = portfolio.foreign[code]
    return held


def _changed(
    turn: Turn,
    told: Told,
    after: int,
    verdict: Verdict,
    *,
    base: int,
    prices: tuple[int, int] | None = None,
    listed: Listed | None = None,
) -> UnitChanged:
    was, now = prices or (after, told.before)
    return UnitChanged(
        at=turn.at,
        code=told.listed.code,
        before=told.before,
        after=after,
        shares=share_out(_by_book(turn.state, told.listed.code), after),
        price_was=was,
        price_is=now,
        base=base,
        listed=listed,
        reason=verdict.value,
    )


def _arrived(turn: Turn, told: Told, base: int) -> UnitChanged:
    """Return that the new shares of rights are there: they belong to what was held without them.

    What was bought after the rights had left has none.
    """
    code = told.listed.code
    shares = Counter(_by_book(turn.state, code))
    new = max(0, told.now - shares.total())
    shares.update(share_out(turn.state.portfolio.entitled(code), new))
    return UnitChanged(
        at=turn.at,
        code=code,
        before=told.before,
        after=shares.total(),
        shares={book: held for book, held in shares.items() if held},
        base=base,
        reason=Verdict.ARRIVED.value,
    )


def _said(doubt: UnitDoubted) -> str:
    """Return what is known of a doubtful name, as data."""
    others = f", {' '.join(doubt.others)}" if doubt.others else ""
    prices = f"{doubt.last or '?'} > {doubt.base or '?'} won"
    return f"{doubt.code}: {doubt.before:,} > {doubt.after:,}, {prices}{others}"


def _missed(state: State) -> int:
    """Return the sessions between the last close that we saw and the day that is open."""
    if state.day is None or state.closed_on is None or state.closed_on >= state.day:
        return 0
    return max(0, state.calendar.age(state.closed_on, state.day) - 1)


def _without_rights(state: State) -> set[str]:
    """Return the names whose rights have left them, and whose new shares may still come."""
    return {code for _, code in state.portfolio.positions} & state.portfolio.detached.keys()


def _tick(told: Told, at: datetime) -> int:
    base = told.base or max(told.bases.values(), default=told.last) or 1
    return tick_size(base, at.date(), told.listed.market, told.listed.kind)


def _is_traded(state: State, code: str) -> bool:
    """Whether orders of today may have moved shares of a name."""
    return any(order.code == code for order in state.blotter.orders.values())
