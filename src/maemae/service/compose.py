"""The service around a run, served while it trades."""

import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from maemae.errors import ServiceError
from maemae.i18n import _
from maemae.kis import mask_account
from maemae.service.answers import WireHealth
from maemae.service.api.guard import Guard
from maemae.service.api.pass_file import new_pass, published
from maemae.service.api.server import Api, serving
from maemae.service.feed import Feed
from maemae.service.history import History
from maemae.service.local import LocalService, Subject
from maemae.service.market_view import KisMarketView
from maemae.service.operations import Scope
from maemae.service.plans import plan_lines
from maemae.service.running import DEMO_VENUE, demo_pass_file, pass_file
from maemae.service.service import Caller
from maemae.trader.face_settings import Listening
from maemae.trader.run import Run
from maemae.trader.settings import Settings
from maemae.trader.venue import Venue

REGISTRATIONS = 41


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
        view=KisMarketView(venue.data, venue.clock, run.instruments),
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
