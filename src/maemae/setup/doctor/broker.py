"""One server of the broker, asked as the trader asks it: address, clock, keys, account, limits."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp

from maemae.causes import cause
from maemae.clock import KST
from maemae.desk.guard import Limits
from maemae.errors import KisAuth, KisRefused, KisUnsupported, WireError
from maemae.i18n import _
from maemae.kis import KisClient, MarketClient, Priority
from maemae.setup.doctor.finding import Finding, Verdict, attention, fault, ok, skipped

_REACH_SECONDS = 10.0
_OFF = Limits().clock_off.total_seconds()
_FAR_OFF = Limits().clock_halt.total_seconds()
"""Seconds that the clock may be off before the trader reports it, and halts entries."""
_NO_CONDITIONS = "MCA05762"
_SOME_NAME = "005930"


async def reached(client: MarketClient) -> AsyncIterator[Finding]:
    """Ask whether the server answers, and what time it has."""
    url = client.server.rest_url
    timeout = aiohttp.ClientTimeout(total=_REACH_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as http:
            began, asked = datetime.now(KST), time.perf_counter()
            async with http.get(url) as response:
                seconds = time.perf_counter() - asked
                stated = response.headers.get("Date", "")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        yield fault("address", f"{url}: {cause(error)}", _unreachable(client))
        return
    yield ok("address", f"{url}, {seconds * 1000:.0f} ms")
    yield held_against(stated, began + timedelta(seconds=seconds / 2))


def _unreachable(client: MarketClient) -> str:
    if client.server.rest_url.startswith("http://127.0.0.1"):
        return start_exchange()
    return _("see that this machine reaches the internet and that port is not blocked")


def start_exchange() -> str:
    """Say what to do where no simulated exchange answers."""
    return _("start the simulated exchange in another terminal: maemae exchange")


def held_against(stated: str, here: datetime) -> Finding:
    """Hold the machine's time against what a server states in its answer (`Date`)."""
    try:
        there = parsedate_to_datetime(stated)
    except ValueError:
        return skipped("clock", _("the server does not state its time"))
    # The server states whole seconds: half a second is the best guess at the rest.
    off = (here - there).total_seconds() - 0.5
    said = _("{seconds:+.1f} s from the server's").format(seconds=off)
    advice = _("let the system set its clock: timedatectl set-ntp true")
    if abs(off) > _FAR_OFF:
        return fault("clock", said, advice)
    return attention("clock", said, advice) if abs(off) > _OFF else ok("clock", said)


async def token(client: MarketClient) -> Finding:
    """Ask for the access token that all processes of the app key share."""
    try:
        await client.tokens.get()
    except WireError as error:
        return fault("token", str(error), _keys_advice(error))
    until = client.tokens.expires_at
    kept = _("issued now") if client.tokens.issued else _("shared, issued before")
    said = f"{kept}, " + _("good until {until}").format(until=f"{until:%Y-%m-%d %H:%M}")
    return ok("token", said)


def _keys_advice(error: WireError) -> str:
    if isinstance(error, KisAuth):
        return _("run `maemae init` and give app key and secret again, as the portal shows them")
    return _("try again in a moment; see the broker's notices if it stays")


async def account(client: KisClient) -> Finding:
    """Read the balance."""
    number = client.credentials.masked_account
    try:
        balance = await client.balance(priority=Priority.QUOTE)
    except WireError as error:
        return fault(
            "account",
            f"{number}: {error}",
            _("see that the app key was issued for this account and the product code is right"),
        )
    return ok(
        "account",
        _("{account}: cash {cash:,} won, {count} holdings").format(
            account=number,
            cash=balance.cash_d2,
            count=sum(1 for one in balance.holdings if one.quantity),
        ),
    )


async def conditions(client: MarketClient, needed: Mapping[int, str]) -> Finding:
    """List the saved condition searches, which also shows that the HTS ID is right."""
    where = _("save the search to the server in the HTS, screen 0110")
    try:
        titles = await client.condition_titles()
    except KisUnsupported:
        return skipped("conditions", _("this server offers none; they need a live key"))
    except KisRefused as error:
        if error.code == _NO_CONDITIONS:
            said = _("the HTS ID is right, but no search is saved")
            return attention("conditions", said, where)
        return fault("conditions", str(error), _("see that the HTS ID (live.hts_id) is right"))
    except WireError as error:
        return fault("conditions", str(error), _keys_advice(error))
    listed = ", ".join(f"{one.seq} {one.name}" for one in titles)
    said = _("HTS ID is right; {searches}").format(searches=listed)
    absent = sorted(set(needed) - {one.seq for one in titles})
    if not absent:
        return ok("conditions", said)
    books = ", ".join(f"{needed[number]}: {number}" for number in absent)
    lacking = _("there is no search of the number that a book wants ({books}); saved: {searches}")
    return fault(
        "conditions",
        lacking.format(books=books, searches=listed or "-"),
        _("set `condition` to one of the saved numbers, or: ") + where,
    )


async def quota(client: MarketClient) -> Finding:
    """Send as many requests in a second as the settings allow, and see how many are throttled."""
    allowed = client.server.limits.calls_per_second
    count = max(2, int(allowed))
    before = client.requests[1]
    began = client.clock.monotonic()
    await asyncio.gather(*(_ask(client) for _ in range(count)))
    seconds = max(client.clock.monotonic() - began, 1e-3)
    throttled = client.requests[1] - before
    said = _("{count} requests in {seconds:.1f} s, {throttled} of them throttled").format(
        count=count, seconds=seconds, throttled=throttled
    )
    if throttled:
        return attention(
            "quota",
            said,
            _(
                "another program uses the app key, or the account is new: it gets 3 a second for "
                "three days"
            ),
        )
    return ok("quota", said)


async def _ask(client: MarketClient) -> None:
    try:
        await client.price(_SOME_NAME, priority=Priority.HISTORY)
    except WireError:
        return  # A refusal is an answer too; throttling is counted by the client.


async def approval(client: MarketClient) -> Finding:
    """Ask for the key that opens the stream."""
    try:
        await client.approval_key()
    except WireError as error:
        return fault("approval", str(error), _keys_advice(error))
    return ok("approval", _("issued"))


def about(server: str, finding: Finding) -> Finding:
    """Say which server a finding is about."""
    return Finding(finding.check, finding.verdict, finding.said, finding.advice, server)


def failed(findings: list[Finding], check: str) -> bool:
    """Whether a check found a fault."""
    return any(one.check == check and one.verdict is Verdict.FAULT for one in findings)
