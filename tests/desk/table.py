"""A desk on a table: events in, facts and commands out, no venue anywhere."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from maemae.clock import KST
from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.guard import Limits
from maemae.desk.records import Incident, Listed, Record
from maemae.desk.rules import BookRules, DeskRules, Entry
from maemae.desk.terms import Exits
from maemae.market.costs import CostRules
from maemae.market.kinds import Side

DAY = datetime(2022, 6, 2, tzinfo=KST)
OPENS = DAY.replace(hour=9)


def rules(exits: Exits | None = None, **limits: Any) -> DeskRules:
    bounds = Exits(take_profit=Decimal("0.02"), stop_loss=Decimal("0.01"))
    return DeskRules(
        books={
            "scalper": BookRules(
                entry=Entry(amount=1_000_000, names=2, exits=exits or bounds),
                search_every=timedelta(minutes=5),
                signal_every=timedelta(seconds=10),
            )
        },
        costs=CostRules.VIRTUAL,
        limits=Limits(**limits),
        balance_every=timedelta(seconds=30),
    )


@dataclass
class Table:
    """Drives a desk and keeps all that came out of it."""

    desk: Desk
    now: datetime = OPENS
    records: list[Record] = field(default_factory=list)
    commands: list[cmd.Command] = field(default_factory=list)

    def say(self, event: ev.Event) -> list[cmd.Command]:
        """Let the desk take in an event; the broker confirms every price that it doubts.

        It has told those of the names in a search before.
        """
        if isinstance(event, ev.Candidates):
            for one in event.offers:
                self.tell(one.listed.code, one.price)
        turn = self.desk.step(event)
        self.records += turn.records
        said = list(turn.commands)
        if isinstance(event, ev.Price) and not event.polled:
            ask = cmd.Ask(ev.Query.PRICE, event.code)
            if ask in said:
                said.remove(ask)
                turn = self.desk.step(replace(event, polled=True))
                self.records += turn.records
                said += turn.commands
        self.commands += said
        return said

    def tell(self, code: str, price: int) -> None:
        """Let the desk know the price of a name that it knows nothing of, quietly."""
        if price and code not in self.desk.quotes:
            turn = self.desk.step(ev.Price(at=self.now, code=code, price=price, polled=True))
            self.records += turn.records  # The commands are not what a test asks about.

    def later(self, seconds: float = 1) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now

    def start(self) -> list[cmd.Command]:
        return self.say(
            ev.Started(
                at=self.now,
                opens=OPENS,
                auction=DAY.replace(hour=15, minute=20),
                closes=DAY.replace(hour=15, minute=30),
            )
        )

    def balance(self, cash: int, asked: int | None = None, **shares: int) -> list[cmd.Command]:
        version = self.desk.state.version if asked is None else asked
        holdings = tuple(
            ev.Holding(code=c.removeprefix("c"), quantity=n, price=0) for c, n in shares.items()
        )
        return self.say(ev.Balance(at=self.now, cash=cash, holdings=holdings, asked=version))

    def open(self, cash: int = 10_000_000, **shares: int) -> None:
        self.start()
        self.balance(cash, **shares)

    def offer(self, *codes: str, price: int = 10_000) -> list[cmd.Command]:
        offers = tuple(ev.Candidate(Listed(code=code, name=code), price) for code in codes)
        return self.say(ev.Candidates(at=self.now, book="scalper", offers=offers))

    def power(self, code: str, quantity: int = 500, amount: int = 6_500_000) -> list[cmd.Command]:
        return self.say(ev.BuyingPower(at=self.now, code=code, quantity=quantity, amount=amount))

    def accept(self, intent: str, number: int) -> list[cmd.Command]:
        return self.say(ev.OrderAccepted(at=self.now, intent=intent, order_no=number))

    def lose(self, intent: str) -> list[cmd.Command]:
        return self.say(ev.OrderUnknown(at=self.now, intent=intent, reason="timeout"))

    def notice(
        self, number: int, code: str, quantity: int, price: int, **more: Any
    ) -> list[cmd.Command]:
        values = {
            "kind": ev.NoticeKind.FILLED,
            "side": Side.BUY,
            "original_no": None,
            "executed": self.now.replace(microsecond=0),
        } | more
        return self.say(
            ev.Notice(
                at=self.now, order_no=number, code=code, quantity=quantity, price=price, **values
            )
        )

    def price(self, code: str, price: int) -> list[cmd.Command]:
        return self.say(ev.Price(at=self.now, code=code, price=price))

    def inquire(self, *rows: ev.Execution, asked: int | None = None) -> list[cmd.Command]:
        version = self.desk.state.version if asked is None else asked
        return self.say(ev.Executions(at=self.now, rows=rows, asked=version))

    def row(self, number: int, code: str, quantity: int, filled: int, **more: Any) -> ev.Execution:
        values: dict[str, Any] = {
            "side": Side.BUY,
            "amount": filled * 10_000,
            "price": 0,
            "ordered": self.now,
        } | more
        return ev.Execution(order_no=number, code=code, quantity=quantity, filled=filled, **values)

    def known(self) -> list[ev.Execution]:
        """The rows that an inquiry has when the broker knows exactly what the desk knows."""
        return [
            self.row(
                order.order_no,
                order.code,
                order.quantity,
                order.filled,
                side=order.side,
                amount=order.amount,
                price=order.price or 0,
                ended=not order.live,
            )
            for order in self.desk.state.blotter.orders.values()
            if order.order_no is not None
        ]

    def sends(self) -> list[cmd.Send]:
        return [command for command in self.commands if isinstance(command, cmd.Send)]

    def asks(self) -> list[ev.Query]:
        return [command.query for command in self.commands if isinstance(command, cmd.Ask)]

    def incidents(self) -> list[str]:
        return [record.kind for record in self.records if isinstance(record, Incident)]

    def bought(self, code: str = "005930", number: int = 1, price: int = 10_000) -> int:
        """Buy a name the whole way; return the shares."""
        self.offer(code, price=price)
        self.power(code)
        send = self.sends()[-1]
        self.accept(send.intent, number)
        self.notice(number, code, send.quantity, price)
        return send.quantity
