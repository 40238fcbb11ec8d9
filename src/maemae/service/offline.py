"""Commands that change the ledger alone, carried out while no trader runs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from maemae.clock import SystemClock
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.records import Halt
from maemae.errors import CommandRefused, ServiceError
from maemae.i18n import _
from maemae.ledger.ledger import Ledger
from maemae.ledger.snapshots import known, told
from maemae.service import operations as op
from maemae.service import words
from maemae.service.account import known_account, own_account
from maemae.service.answers import Receipt
from maemae.service.moves import is_moved, move_note, move_order, moved
from maemae.service.operations import Methods, Operation, checked
from maemae.service.outcomes import let, no_such_book
from maemae.service.service import Caller
from maemae.service.units import converted, is_converted, unit_note, unit_order
from maemae.trader.cost_settings import costs_of
from maemae.trader.lock import sole_trader
from maemae.trader.masters import kept_masters
from maemae.trader.settings import Settings, desk_rules
from maemae.trader.venue import data_dir, ledger_url

T = TypeVar("T")

WRITTEN: "Methods[Offline]" = Methods()


class Offline:
    """A desk rebuilt from the ledger: it decides and writes down, but reaches no broker.

    Args:
        desk: rebuilt from the ledger.
        ledger: where facts become durable.
        caller: who speaks.
        at: the time of what is decided.
        listed: reads what is known of instruments.
    """

    def __init__(
        self,
        desk: Desk,
        ledger: Ledger,
        caller: Caller,
        at: datetime,
        listed: Callable[[], Mapping[str, rec.Listed]],
    ) -> None:
        self.desk = desk
        self._listed = listed
        self._ledger = ledger
        self._caller = caller
        self._at = at

    async def ask(self, operation: Operation[T]) -> T:
        """Carry out a command that the ledger alone can take.

        Raises:
            CommandRefused: a rule forbids it, or only a trader that runs can do it.
        """
        asked = checked(operation)
        method = WRITTEN.of(asked)
        if method is None:
            text = _("only a trader that runs can do that ({name}): start one")
            raise CommandRefused(text.format(name=words.command(asked.name)))
        return await method(self, asked)

    @WRITTEN.answer(op.HaltTo)
    async def _halt(self, asked: op.HaltTo) -> Receipt:
        self._audit("halt", f"level={asked.level} reason={asked.reason}")
        self._decide(ev.HaltOrdered(at=self._at, level=asked.level, reason=asked.reason))
        return Receipt("halt", detail=_("now: {level}").format(level=words.halt(asked.level)))

    @WRITTEN.answer(op.Pause)
    async def _pause(self, asked: op.Pause) -> Receipt:
        return await self._let(asked, Halt.ENTRIES)

    @WRITTEN.answer(op.Resume)
    async def _resume(self, asked: op.Resume) -> Receipt:
        return await self._let(asked, Halt.NONE)

    @WRITTEN.answer(op.MoveShares)
    async def _move(self, asked: op.MoveShares) -> Receipt:
        self._audit("move", move_note(asked))
        if asked.origin == rec.OWNER:
            self.desk.listed.update(self._listed())
        order = move_order(self._at, asked)
        for fact in self._decide(order):
            if is_moved(fact, order.ticket):
                return moved(fact)
        raise CommandRefused(
            _(
                "nobody can be asked about {code} while no trader runs: say --price, and "
                "fetch the master files (maemae instruments update)"
            ).format(code=asked.code)
        )

    @WRITTEN.answer(op.ConvertShares)
    async def _convert(self, asked: op.ConvertShares) -> Receipt:
        self._audit("convert", unit_note(asked))
        order = unit_order(self._at, asked)
        (fact,) = [one for one in self._decide(order) if is_converted(one, order.ticket)]
        return converted(fact)

    async def _let(self, asked: op.Pause | op.Resume, level: Halt) -> Receipt:
        """Stop the entries of a book or of all, or let them go on, when it trades next."""
        command, book, reason = asked.name, asked.book, asked.reason
        if book is None:
            halted = await self._halt(op.HaltTo(level=level, reason=reason))
            return replace(halted, command=command)
        known = self.desk.rules.books
        if book not in known:
            raise no_such_book(book, known)
        self._audit(command, f"book={book} reason={reason}")
        self._decide(ev.HaltOrdered(at=self._at, level=level, reason=reason, book=book))
        return let(command, book, paused=level is not Halt.NONE)

    def _audit(self, command: str, detail: str) -> None:
        """Make the command durable before it takes effect."""
        who, face = self._caller.who, self._caller.face
        record = rec.Audited(at=self._at, who=who, face=face, command=command, detail=detail)
        self._ledger.append([record])

    def _decide(self, event: ev.Event) -> list[rec.Record]:
        turn = self.desk.step(event)
        self._ledger.append(turn.records)
        return turn.records


@contextmanager
def offline(
    settings: Settings, caller: Caller, say: Callable[[str], None] = lambda _: None
) -> Iterator[Offline]:
    """Hold the place of the account's trader and open its ledger.

    Args:
        settings: of the trader.
        caller: who speaks.
        say: is told what is wrong with the snapshot of the ledger.

    Raises:
        SettingsError: a trader runs.
        ServiceError: the settings name no account, and there is no ledger that does.
        LedgerError: the ledger cannot be used.
    """
    account = known_account(settings) or own_account(settings)
    if not account and settings.venue == "sim":
        said = _("nothing was traded on the simulated exchange yet: try maemae demo, or maemae run")
        raise ServiceError(said)
    if not account:
        raise ServiceError(
            _("no account of {venue} is known: name it in maemae.toml (maemae init)").format(
                venue=settings.venue
            )
        )
    with (
        sole_trader(data_dir(settings), settings.venue, account),
        Ledger(ledger_url(settings), account) as ledger,
    ):
        at, last = SystemClock().now(), ledger.last()
        if settings.venue == "sim" and last is not None:
            at = last.at  # A simulated exchange has a time of its own.
        found = known(ledger, costs_of(settings))
        if found.unfit is not None:
            say(told(found.unfit))
        desk = Desk(desk_rules(settings, costs_of(settings)), state=found.state)
        yield Offline(desk, ledger, caller, at, lambda: kept_masters(settings).listed())
