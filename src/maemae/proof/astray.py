"""A process that is started on an empty ledger or an older copy, because the right one is gone.

It lives for a while on the account on which its predecessor has traded, until the owner puts the
right ledger back. Nothing of it is durable for anybody, so that a purchase of it would be a second
one for what is held already. On an empty ledger it orders nothing at all. From an older copy it
may sell what it knows, whereupon the owner comes.
"""

from collections.abc import Callable
from datetime import timedelta

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.records import EMPTY_LEDGER, LEDGER_BEHIND, Incident
from maemae.desk.rules import DeskRules
from maemae.desk.turn import Turn
from maemae.errors import InvariantError
from maemae.exchange.moment import SECOND, datetime_of
from maemae.ledger.ledger import Ledger
from maemae.market.calendar import Calendar
from maemae.market.kinds import Side
from maemae.proof.absence import Wrong
from maemae.proof.answers import Listing
from maemae.proof.books import ProofBooks
from maemae.proof.broker import Broker
from maemae.proof.days import inquiry
from maemae.proof.hazards import Hazard
from maemae.proof.process import Crash, Death, ProofHands, ProofPacer
from maemae.trader.holidays import correct
from maemae.trader.trader import Trader

LIVES = (5.0, 180.0)
"""Seconds until the owner notices that the ledger is the wrong one, and stops the process."""

SAID = timedelta(seconds=15)
"""How long the process and the broker may be undisturbed until it is said."""

CARD = 0.5
"""Share of the starts at which a card of an earlier trader tells of another ledger."""


async def live_astray(rules: DeskRules, calendar: Calendar, broker: Broker, wrong: Wrong) -> None:
    """Start a process on a wrong ledger, and stop it after a while.

    Where nobody could know that anything was traded today, none is started.

    Raises:
        InvariantError: it buys, or does not say what it has found.
    """
    dice, venue = broker.hazards.dice_of(Hazard.LEDGER_EMPTIED), broker.venue
    card = bool(wrong.records) or dice.random() < CARD
    until = venue.now + int(dice.uniform(*LIVES) * SECOND)
    if until >= venue.hours.auction or not (card or _shows(broker)):
        return
    with Ledger("sqlite://", broker.account.number) as ledger:
        ledger.append(wrong.records)
        if wrong.records and wrong.mark is not None and ledger.has(wrong.mark):
            return  # Nothing has happened since the copy was made.
        life = _Life(rules, broker, ledger, card=card)
        venue.agenda.add(until, lambda _: life.end())
        async with broker.connected():
            await life.run(calendar)


def _shows(broker: Broker) -> bool:
    """Whether right answers show that somebody ordered something today."""
    account = broker.account
    orders = broker.listing is Listing.ROWS and any(account.orders)
    return bool(orders or account.turnover.buy or account.turnover.sell)


class _Life:
    """One life of such a process."""

    def __init__(self, rules: DeskRules, broker: Broker, ledger: Ledger, *, card: bool) -> None:
        self._broker = broker
        self._ledger = ledger
        self._death = Death()
        self._books = ProofBooks(rules, broker, lambda *_: None)
        self._desk = Desk(self._books.rules, ledger.records())
        self._books.connect(self._desk.state)
        state = self._desk.state
        self._empty = not state.begun and not state.blotter.orders
        self._began = broker.now
        self._shown = card
        """Whether it was told that somebody has ordered something."""
        self._said = False
        hands = _Hands(broker, self._death, self._books, self._forbid, self._learn)
        pacer = ProofPacer(broker, self._death)
        self._trader = Trader(self._desk, ledger, hands, pacer, (self._check,))
        if card:
            self._trader.put(ev.LedgerMissed(at=broker.now, detail="ledger.sqlite"))

    def end(self) -> None:
        """Stop the process."""
        self._death.dead = True

    async def run(self, calendar: Calendar) -> None:
        """Let it live."""
        hours = self._broker.venue.hours
        times = (datetime_of(at) for at in (hours.open, hours.auction, hours.close))
        self._broker.watch(())
        try:
            known = inquiry(calendar, hours.day)
            correct(known, self._desk.state, self._ledger, self._broker.now)
            await self._trader.run(*times)
        except Crash:
            pass
        finally:
            self.end()
            self._broker.hang_up()
            self._books.end()

    def _learn(self, answer: ev.Event | None) -> None:
        match answer:
            case ev.Balance(traded=traded):
                self._shown |= bool(traded)
            case ev.Executions(rows=rows):
                self._shown |= bool(rows)
            case _:
                pass

    def _forbid(self, command: cmd.Command) -> None:
        """Let no order leave; where no answer could tell it yet, the owner comes in time.

        So it is where something is sold that an older copy knows.

        Raises:
            InvariantError: the broker has shown that there were others.
            Crash: it had not.
        """
        name = type(command).__name__
        buys = isinstance(command, cmd.Send) and command.side is Side.BUY
        if self._shown and (self._empty or buys):
            which = "an empty ledger" if self._empty else "an older copy of the ledger"
            raise InvariantError(f"{name} leaves on {which}")
        self.end()
        raise Crash(name)

    def _check(self, turn: Turn) -> None:
        kind = EMPTY_LEDGER if self._empty else LEDGER_BEHIND
        self._said |= any(
            isinstance(record, Incident) and record.kind == kind for record in turn.records
        )
        calm = turn.at - max(self._began, self._broker.disturbed)
        if calm > SAID and not self._said:
            raise InvariantError(f"nobody is told since {self._began} that the ledger is wrong")


class _Hands(ProofHands):
    """Hands that let somebody see what the broker answers."""

    def __init__(
        self,
        broker: Broker,
        death: Death,
        books: ProofBooks,
        forbid: Callable[[cmd.Command], None],
        learn: Callable[[ev.Event | None], None],
    ) -> None:
        super().__init__(broker, death, books, forbid)
        self._learn = learn

    async def perform(self, command: cmd.Command) -> ev.Event | None:
        """Carry out one command."""
        answer = await super().perform(command)
        self._learn(answer)
        return answer
