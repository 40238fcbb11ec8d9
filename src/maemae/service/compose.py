"""The service around a run: served while it trades, found by faces, or its ledger without it."""

import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path

import msgspec
from platformdirs import user_data_path

from maemae.desk.desk import Desk
from maemae.errors import DataError, ServiceError
from maemae.i18n import _
from maemae.kis import mask_account
from maemae.ledger.ledger import Ledger
from maemae.ledger.snapshots import known, told
from maemae.market.instruments import Instruments
from maemae.market.masters import load_masters
from maemae.service.account import known_account
from maemae.service.answers import PlanLine, WireHealth
from maemae.service.api.guard import Guard
from maemae.service.api.pass_file import Pass, find_running, new_pass, published
from maemae.service.api.server import Api, serving
from maemae.service.feed import Feed
from maemae.service.history import History
from maemae.service.local import LocalService, Subject
from maemae.service.market_view import KisMarketView
from maemae.service.operations import Scope
from maemae.service.plans import plan_lines
from maemae.service.service import Caller
from maemae.service.status import Status, status
from maemae.trader.cost_settings import costs_of
from maemae.trader.face_settings import Listening
from maemae.trader.run import Run
from maemae.trader.settings import Settings, desk_rules
from maemae.trader.venue import Venue, data_dir, ledger_url

REGISTRATIONS = 41
DEMO = "api-demo.json"
DEMO_VENUE = "demo"
"""Stands for the venue in the pass of a demonstration, whose ledger is its own."""


def local_service(run: Run, feed: Feed, settings: Settings) -> LocalService:
    """Return the service over a run; the feed must be one of its observers."""
    venue = run.venue
    history = History(run.ledger, venue.costs)
    subject = Subject(
        trader=run.trader,
        ledger=run.ledger,
        feed=feed,
        history=history,
        clock=venue.clock,
        venue=venue.name,
        account=mask_account(venue.account),
        day=run.session.day,
        opens=run.session.open,
        closes=run.session.close,
        virtual=venue.orders.server.personality == "virtual",
        log_file=settings.log_dir / "maemae.log",
        wire=lambda: _wire(venue),
        plans=lambda n: plan_lines(settings.plans_dir, venue.name, history, n),
        view=KisMarketView(venue.data, venue.clock, _instruments),
    )
    return LocalService(subject, Caller("maemae", "trader"))


@asynccontextmanager
async def serve_run(run: Run, feed: Feed, settings: Settings) -> AsyncIterator[LocalService]:
    """Offer the service over a run, in process and, unless switched off, over HTTP.

    Raises:
        ServiceError: the control API cannot listen, or its token file cannot be written.
    """
    service = local_service(run, feed, settings)
    if not settings.api.enabled:
        yield service
        return
    read, command = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    guard = Guard({Scope.READ: read, Scope.COMMAND: command}, settings.api.names)
    api = Api(service, guard)
    async with serving(api, settings.api.host, settings.api.port, tls(settings.api)) as url:
        file = pass_file(settings)
        venue = DEMO_VENUE if file == demo_pass_file() else settings.venue
        shown = msgspec.structs.replace(new_pass(url, venue), read=read, command=command)
        with published(file, shown):
            yield service


def pass_file(settings: Settings) -> Path:
    """Return where a trader of these settings shows its address and tokens."""
    return settings.api.file or data_dir(settings) / f"api-{settings.venue}.json"


def demo_pass_file() -> Path:
    """Return where a demonstration, whose own folder nobody knows, shows them."""
    return Path(user_data_path("maemae", appauthor=False)) / DEMO


def find_pass(settings: Settings) -> Pass:
    """Find the running trader: that of the venue, else a demonstration on the simulated one.

    Raises:
        ServiceError: there is none, or its token file cannot be used.
    """
    file, demo = pass_file(settings), demo_pass_file()
    lone = settings.venue == "sim" and settings.api.file is None
    return find_running(demo if lone and not file.exists() and demo.exists() else file)


@contextmanager
def open_history(
    settings: Settings, say: Callable[[str], None] = lambda _: None
) -> Iterator[History | None]:
    """Open the ledger of a venue for reading; None where there is none yet.

    Args:
        settings: of the trader.
        say: is told what is wrong with the snapshot of the ledger.

    Raises:
        LedgerError: the ledger cannot be read.
        ServiceError: it holds several accounts and none was named.
    """
    account = known_account(settings)
    if account is None:
        yield None
        return
    with Ledger(ledger_url(settings), account) as ledger:
        yield History(ledger, costs_of(settings), say)


def kept_plans(settings: Settings) -> list[PlanLine]:
    """Return the plans as files and ledger tell, without a running trader.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    with open_history(settings) as past:
        return plan_lines(settings.plans_dir, settings.venue, past)


def kept_status(settings: Settings, say: Callable[[str], None] = lambda _: None) -> Status | None:
    """Return the state as the ledger tells it, without prices; None where there is no ledger.

    Args:
        settings: of the trader.
        say: is told what is wrong with the snapshot of the ledger.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    account = known_account(settings)
    if account is None:
        return None
    with Ledger(ledger_url(settings), account) as ledger:
        last, found = ledger.last(), known(ledger, costs_of(settings))
    if found.unfit is not None:
        say(told(found.unfit))
    desk = Desk(desk_rules(settings, costs_of(settings)), state=found.state)
    return status(desk, last.at) if last is not None else None


def tls(listening: Listening) -> ssl.SSLContext | None:
    """Return the TLS context of a server, or None where it has none.

    Raises:
        ServiceError: certificate or key cannot be used.
    """
    if listening.tls_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(listening.tls_certificate, listening.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise ServiceError(
            _("{tls_certificate} and its key cannot be used: {error}").format(
                tls_certificate=listening.tls_certificate, error=error
            )
        ) from error
    return context


def _wire(venue: Venue) -> WireHealth:
    clients = list(dict.fromkeys([venue.orders, venue.data]))
    counts = [client.requests for client in clients]
    return WireHealth(
        stream_up=all(client.stream.is_up for client in clients),
        granted=sum(granted for granted, _ in counts),
        throttled=sum(throttled for _, throttled in counts),
        calls_per_second=venue.data.server.limits.calls_per_second,
        registered=sum(len(client.stream.registrations) for client in clients),
        registrations=REGISTRATIONS * len(clients),
    )


@cache
def _instruments() -> Instruments | None:
    """Read the master files, where `maemae instruments update` has fetched them."""
    try:
        return load_masters(Path(user_data_path("maemae")) / "masters")
    except DataError:
        return None
