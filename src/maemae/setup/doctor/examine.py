"""The whole check-up in its order. It changes nothing, sends no order, and disturbs no trader."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any

from maemae.clock import KST
from maemae.errors import ExchangeError, MaemaeError
from maemae.i18n import _
from maemae.kis import KisClient, MarketClient
from maemae.market.calendar import krx
from maemae.setup.doctor import broker, own
from maemae.setup.doctor.finding import Finding, attention, fault, ok, skipped
from maemae.setup.doctor.machine import machine
from maemae.setup.doctor.messengers import messengers
from maemae.setup.doctor.notices import notices
from maemae.trader.clients import open_clients
from maemae.trader.holidays import Ask, checked_calendar
from maemae.trader.settings import Settings, read_settings
from maemae.trader.venue import data_dir


async def examine(file: Path | None, flags: Mapping[str, Any]) -> AsyncIterator[Finding]:
    """Look at everything, one finding after another.

    Args:
        file: the settings file; None for the one in the working folder.
        flags: settings that go over it.
    """
    try:
        settings, origins = read_settings(file, **flags)
    except MaemaeError as error:
        yield fault("settings", str(error), _("correct it; `maemae config explain KEY` helps"))
        return
    for finding in machine(settings):
        yield finding
    for finding in own.settings_found(settings, origins):
        yield finding
    yield own.secrets_found(settings)
    running = own.traders(settings)
    yield own.trader_found(running)
    yield own.calendar_found(datetime.now(KST).date())
    yield own.ledger_found(settings)
    yield own.profile_found(settings, datetime.now(KST).date())
    async for finding in messengers(settings):
        yield finding
    async for finding in _servers(settings, running):
        yield finding


async def _servers(settings: Settings, running: list[str]) -> AsyncIterator[Finding]:
    async with AsyncExitStack() as stack:
        try:
            clients = await stack.enter_async_context(open_clients(settings))
        except ExchangeError:
            said = _("no simulated exchange answers at {url}").format(url=settings.sim.url)
            yield fault("address", said, broker.start_exchange())
            return
        except MaemaeError as error:
            yield fault("address", str(error), _("run `maemae init`"))
            return
        orders, data = clients.orders, clients.data
        needed = own.books_needed(settings)
        both = orders is not data
        async for finding in _server(orders, needed, running, orders=True):
            yield broker.about(_("orders"), finding) if both else finding
        if data is None:
            said = _("there is no live key: no condition search, no multi-quote, no holidays")
            yield broker.about(_("data"), attention("conditions", said, _("run `maemae init`")))
            return
        if both:
            async for finding in _server(data, needed, running, orders=False):
                yield broker.about(_("data"), finding)
        if settings.venue == "sim":
            yield skipped("holidays", _("the simulated exchange has days of its own"))
        else:
            today, file = datetime.now(KST).date(), data_dir(settings) / "holidays.json"
            yield await holidays(data.history.market_days, today, file)


async def _server(
    client: MarketClient,
    needed: Mapping[int, str],
    running: list[str],
    *,
    orders: bool,
) -> AsyncIterator[Finding]:
    """Look at one server, as far as it lets us."""
    found: list[Finding] = []
    async for finding in broker.reached(client):
        found.append(finding)
        yield finding
    if broker.failed(found, "address"):
        return
    token = await broker.token(client)
    yield token
    if broker.failed([token], "token"):
        return
    if isinstance(client, KisClient) and orders:
        yield await broker.account(client)
    if client.server.personality == "real":
        yield await broker.conditions(client, needed)
    if running:
        yield own.not_now("quota", running)
        yield own.not_now("approval", running)
        if isinstance(client, KisClient) and orders:
            yield own.not_now("notices", running)
        return
    yield await broker.quota(client)
    approval = await broker.approval(client)
    yield approval
    if isinstance(client, KisClient) and orders and not broker.failed([approval], "approval"):
        yield await notices(client)


async def holidays(ask: Ask, today: date, file: Path | None) -> Finding:
    """Hold our calendar against the broker's, with the answer of the day where there is one."""
    checked = await checked_calendar(ask, krx(), today, file)
    if checked.problem:
        return attention("holidays", checked.problem, _("try again later"))
    if checked.disagreement:
        advice = _("the broker is followed; install a newer maemae")
        return attention("holidays", checked.disagreement, advice)
    return ok("holidays", _("as our calendar has them"))
