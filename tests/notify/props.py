"""A clock in a hurry, a channel that fails as told, and a service without a trader."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar, cast

from maemae.clock import KST
from maemae.desk.orders import OrderState
from maemae.desk.records import Halt
from maemae.errors import CommandRefused
from maemae.service import operations as op
from maemae.service.answers import (
    DayResult,
    Health,
    PlanItem,
    PlanLine,
    Pnl,
    Receipt,
    Share,
)
from maemae.service.operations import Command, Operation
from maemae.service.service import Caller
from maemae.service.status import CandidateLine, OrderLine, PositionLine, Status

DAY = date(2022, 6, 2)


class HurriedClock:
    """Sleeping takes no time at all, but the clock says it did."""

    def __init__(self, at: datetime) -> None:
        self.start = at
        self.passed = 0.0

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += max(seconds, 0.0)
        await asyncio.sleep(0)


@dataclass
class ToldChannel:
    """Keeps what it is given; `fault` may raise instead."""

    name: str = "told"
    text_limit: int = 3500
    texts: list[str] = field(default_factory=list)
    pictures: list[bytes | None] = field(default_factory=list)
    fault: Callable[[str], None] = lambda text: None

    async def send(self, text: str, picture: bytes | None = None) -> None:
        await asyncio.sleep(0)
        self.fault(text)
        self.texts.append(text)
        self.pictures.append(picture)


def at(hour: int = 10, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2022, 6, 2, hour, minute, second, tzinfo=KST)


def some_status(**changed: Any) -> Status:
    values: dict[str, Any] = {
        "at": at(10, 30),
        "halt": Halt.NONE,
        "cash": 9_000_000,
        "assets": 10_012_345,
        "fees": 300,
        "taxes": 2_300,
        "realised": 15_000,
        "unrealised": -2_655,
        "day_result": 12_345,
        "wins": 2,
        "losses": 1,
        "candidates": [
            CandidateLine("scalper", "000660", "SK하이닉스", 107_000, held=False),
            CandidateLine("scalper", "005930", "삼성전자", 66_700, held=True),
        ],
        "positions": [
            PositionLine(
                "scalper", "005930", "삼성전자", 15, 66_800, 66_700, -2_655, Decimal("-0.00265")
            )
        ],
        "orders": [
            OrderLine(
                intent="20220602-00001",
                side="buy",
                code="005930",
                name="삼성전자",
                quantity=15,
                filled=15,
                average=66_800,
                state=OrderState.FILLED,
                reason="candidate",
                at=at(9, 5),
            ),
            OrderLine(
                intent="20220602-00002",
                side="buy",
                code="000660",
                name="SK하이닉스",
                quantity=9,
                filled=4,
                average=107_000,
                state=OrderState.WORKING,
                reason="candidate",
                at=at(9, 10),
                remaining=5,
            ),
        ],
    }
    return Status(**values | changed)


T = TypeVar("T")


@dataclass
class TableService:
    """Answers from what is put on the table, and remembers the commands."""

    current: Status = field(default_factory=some_status)
    said: list[tuple[str, Command]] = field(default_factory=list)
    caller: Caller = field(default_factory=lambda: Caller("nobody", "test"))
    lines: list[str] = field(default_factory=lambda: ["10:00 fill(체결) code=005930"])
    refuses: str = ""
    planned: list[PlanLine] = field(
        default_factory=lambda: [
            PlanLine(
                name="mom",
                file="2022-06-03-mom.json",
                state="prepared",
                day=date(2022, 6, 3),
                strategy="momentum",
                buys=[PlanItem("005930", "삼성전자", 3, 67_400, "close > 0")],
                sells=[PlanItem("000660", "SK하이닉스", 2, 107_000, "close < 0")],
            )
        ]
    )

    def acting(self, caller: Caller) -> "TableService":
        self.caller = caller
        return self

    async def ask(self, operation: Operation[T]) -> T:
        answer: Any
        match operation:
            case Command():
                if self.refuses:
                    raise CommandRefused(self.refuses)
                self.said.append((self.caller.who, operation))
                answer = Receipt(operation.name)
            case op.GetStatus():
                answer = self.current
            case op.GetPlans():
                answer = self.planned[: operation.n]
            case op.GetPnl():
                answer = self._pnl(operation)
            case op.GetHealth():
                answer = self._health()
            case op.GetLog():
                answer = self.lines[-operation.lines :]
            case op.GetOrders() | op.GetFills() | op.GetIncidents() | op.GetAudit():
                answer = []
            case _:
                raise NotImplementedError
        return cast("T", answer)

    def watch(self) -> Any:
        raise NotImplementedError

    def _pnl(self, asked: op.GetPnl) -> Pnl:
        first, last = asked.first or DAY, asked.last or DAY
        days = [DayResult(last, 15_000, 300, 2_300, 2, 1, 9_000_000)]
        return Pnl(
            first,
            last,
            15_000,
            300,
            2_300,
            2,
            1,
            days,
            by_code=[Share("035720", "카카오", 15_000, 3, 2)],
            by_reason=[Share("take_profit", "", 15_000, 3, 2)],
        )

    def _health(self) -> Health:
        return Health(
            venue="sim",
            account="1234****-01",
            day=DAY,
            opens=at(9),
            closes=at(15, 30),
            at=at(10, 30),
            started=at(8, 50),
            last_step=at(10, 29, 59),
            steps=1_234,
            waiting=0,
            dropped_prices=0,
            finished=False,
        )
