"""Commands that change the ledger alone, carried out while no trader runs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from maemae.clock import SystemClock
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.records import Halt
from maemae.errors import CommandRefused, ServiceError
from maemae.i18n import _
from maemae.ledger.ledger import Ledger
from maemae.service import words
from maemae.service.account import known_account, own_account
from maemae.service.answers import Receipt
from maemae.service.moves import is_moved, move_order, moved
from maemae.service.service import Caller
from maemae.service.units import converted, is_converted, unit_order
from maemae.trader.cost_settings import costs_of
from maemae.trader.lock import sole_trader
from maemae.trader.masters import kept_masters
from maemae.trader.settings import Settings, desk_rules
from maemae.trader.venue import data_dir, ledger_url


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

    def halt(self, level: Halt, reason: str) -> Receipt:
        """Change how much the desk may do when it trades next."""
        self._audit("halt", f"level={level} reason={reason}")
        self._decide(ev.HaltOrdered(at=self._at, level=level, reason=reason))
        return Receipt("halt", detail=_("now: {level}").format(level=words.halt(level)))

    def pause(self, reason: str, book: str | None = None) -> Receipt:
        """Stop new entries, of one book or of all, when it trades next."""
        if book is not None:
            return self._let("pause", Halt.ENTRIES, reason, book)
        return replace(self.halt(Halt.ENTRIES, reason), command="pause")

    def resume(self, reason: str, book: str | None = None) -> Receipt:
        """Let everything go on when it trades next; with a book, that book alone."""
        if book is not None:
            return self._let("resume", Halt.NONE, reason, book)
        return replace(self.halt(Halt.NONE, reason), command="resume")

    def move(
        self, origin: str, book: str, code: str, quantity: int | None, price: int | None
    ) -> Receipt:
        """Put shares from one book into another.

        Raises:
            CommandRefused: a rule forbids it, or what a share of the owner's cost is not said.
        """
        self._audit("move", f"{quantity or 'all'} of {code} from {origin} to {book}")
        if origin == rec.OWNER:
            self.desk.listed.update(self._listed())
        order = move_order(self._at, (origin, book), code, quantity, price)
        for fact in self._decide(order):
            if is_moved(fact, order.ticket):
                return moved(fact)
        raise CommandRefused(
            _(
                "nobody can be asked about {code} while no trader runs: say --price, and "
                "fetch the master files (maemae instruments update)"
            ).format(code=code)
        )

    def convert(self, code: str, shares: int, into: str = "") -> Receipt:
        """Say what all the account's shares of a name have become overnight.

        Raises:
            CommandRefused: a rule forbids it.
        """
        self._audit("convert", f"{code} to {shares} {into or code}")
        order = unit_order(self._at, code, shares, into)
        (fact,) = [one for one in self._decide(order) if is_converted(one, order.ticket)]
        return converted(fact)

    def _let(self, command: str, level: Halt, reason: str, book: str) -> Receipt:
        known = self.desk.rules.books
        if book not in known:
            raise CommandRefused(
                _("there is no book {book}; known are {known}").format(
                    book=book, known=", ".join(sorted(known))
                )
            )
        self._audit(command, f"book={book} reason={reason}")
        self._decide(ev.HaltOrdered(at=self._at, level=level, reason=reason, book=book))
        return Receipt(command, detail=f"{book}: {level}")

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
def offline(settings: Settings, caller: Caller) -> Iterator[Offline]:
    """Hold the place of the account's trader and open its ledger.

    Raises:
        SettingsError: a trader runs.
        ServiceError: the settings name no account, and there is no ledger that does.
        LedgerError: the ledger cannot be used.
    """
    account = known_account(settings) or own_account(settings)
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
        records = list(ledger.records())
        at = SystemClock().now()
        if settings.venue == "sim" and records:
            at = records[-1].at  # A simulated exchange has a time of its own.
        desk = Desk(desk_rules(settings, costs_of(settings)), records)
        yield Offline(desk, ledger, caller, at, lambda: kept_masters(settings).listed())
