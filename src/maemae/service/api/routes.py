"""The table of the control API: server, client and OpenAPI document are all made from it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from maemae.ledger.ledger import FillLine, OrderLine
from maemae.service import answers
from maemae.service.api import requests as req
from maemae.service.market_view import Chart, IndexDay, Named, RankedLine, Scan
from maemae.service.service import Service
from maemae.service.status import Status

PREFIX = "/v1"
EVENTS = f"{PREFIX}/events"
DOCUMENT = f"{PREFIX}/openapi.json"
CALLER = "X-Maemae-Caller"
"""Header in which a face names itself and the person: `face:who`."""


class Scope(StrEnum):
    """What a token may do; commanding includes reading."""

    READ = "read"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. What is asked comes from the query of a GET, from the body of a POST."""

    name: str
    scope: Scope
    summary: str
    asks: type[msgspec.Struct]
    answers: Any
    call: Callable[[Service, Any], Awaitable[Any]]
    refuses: bool = False
    """Whether the answer to a question may be no; that to a command always may."""

    @property
    def method(self) -> str:
        """The HTTP method."""
        return "GET" if self.scope is Scope.READ else "POST"

    @property
    def path(self) -> str:
        """The path on the server."""
        return f"{PREFIX}/{self.name}"


async def _orders(service: Service, ask: req.OfDay) -> list[OrderLine]:
    return (await service.orders(ask.day))[-ask.limit :]


async def _fills(service: Service, ask: req.OfDay) -> list[FillLine]:
    return (await service.fills(ask.day))[-ask.limit :]


_READ, _COMMAND = Scope.READ, Scope.COMMAND

ROUTES: tuple[Route, ...] = (
    Route("status", _READ, "Cash, profit, positions, candidates, orders", req.Nothing, Status,
          lambda service, _: service.status()),
    Route("health", _READ, "Whether trader and connection are well", req.Nothing, answers.Health,
          lambda service, _: service.health()),
    Route("orders", _READ, "Orders of a day, oldest first", req.OfDay, list[OrderLine], _orders),
    Route("fills", _READ, "Executions of a day, oldest first", req.OfDay, list[FillLine], _fills),
    Route("incidents", _READ, "What the owner should know", req.Last, list[answers.IncidentLine],
          lambda service, ask: service.incidents(ask.n)),
    Route("audit", _READ, "Commands of people", req.Last, list[answers.AuditLine],
          lambda service, ask: service.audit(ask.n)),
    Route("pnl", _READ, "Realised profit of a span of days", req.Span, answers.Pnl,
          lambda service, ask: service.pnl(ask.first, ask.last)),
    Route("log", _READ, "The last lines of the log", req.Lines, list[str],
          lambda service, ask: service.log(ask.lines)),
    Route("chart", _READ, "Candles, order book and latest trades", req.ChartOf, Chart,
          lambda service, ask: service.chart(ask.code, ask.scale)),
    Route("ranking", _READ, "The top of the market", req.RankingBy, list[RankedLine],
          lambda service, ask: service.ranking(ask.by)),
    Route("index", _READ, "An index over a span of days", req.IndexOf, list[IndexDay],
          lambda service, ask: service.index(ask.index, ask.first, ask.last)),
    Route("scan", _READ, "What a condition search finds now", req.Search, Scan,
          lambda service, ask: service.scan(ask.condition), refuses=True),
    Route("find", _READ, "Instruments by code, name or initials", req.Text, list[Named],
          lambda service, ask: service.find(ask.text)),
    Route("plans", _READ, "Next-open plans", req.Last, list[answers.PlanLine],
          lambda service, ask: service.plans(ask.n)),
    Route("pause", _COMMAND, "Stop new entries", req.OfBook, answers.Receipt,
          lambda service, ask: service.pause(ask.reason, ask.book)),
    Route("resume", _COMMAND, "Let everything go on", req.OfBook, answers.Receipt,
          lambda service, ask: service.resume(ask.reason, ask.book)),
    Route("halt", _COMMAND, "Change what the desk may do", req.HaltTo, answers.Receipt,
          lambda service, ask: service.halt(ask.level, ask.reason)),
    Route("flatten", _COMMAND, "Cancel and sell a book, or all", req.Flatten, answers.Receipt,
          lambda service, ask: service.flatten(ask.book, ask.reason)),
    Route("order", _COMMAND, "Order by hand", req.Order, answers.Receipt,
          lambda s, ask: s.order(ask.book, ask.side, ask.code, ask.quantity, ask.price)),
    Route("move", _COMMAND, "Put shares into another book", req.Move, answers.Receipt,
          lambda s, ask: s.move(ask.origin, ask.book, ask.code, ask.quantity, ask.price)),
    Route("convert", _COMMAND, "Say what shares have become", req.Convert, answers.Receipt,
          lambda service, ask: service.convert(ask.code, ask.shares, ask.into or "")),
    Route("clean_up", _COMMAND, "Sell the owner's shares", req.CleanUp, answers.Receipt,
          lambda service, ask: service.clean_up(ask.codes)),
    Route("cancel", _COMMAND, "Cancel what is left of an order", req.OfOrder, answers.Receipt,
          lambda service, ask: service.cancel(ask.intent)),
    Route("amend", _COMMAND, "Change the price of an order", req.Amend, answers.Receipt,
          lambda service, ask: service.amend(ask.intent, ask.price)),
)  # fmt: skip

BY_NAME = {route.name: route for route in ROUTES}
