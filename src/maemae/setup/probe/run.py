"""The probe from beginning to end: what may be asked, of which name, and what was found."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path

from maemae import kis
from maemae.desk.state import State
from maemae.errors import SettingsError, WireError
from maemae.i18n import _
from maemae.ledger.ledger import Ledger, accounts
from maemae.ledger.snapshots import known
from maemae.market.calendar import krx
from maemae.market.kinds import Kind, Market
from maemae.market.ticks import move_ticks
from maemae.profile.facts import Fact, How, Known
from maemae.setup.probe.cleaning import clean
from maemae.setup.probe.hand import Hand, Name, TooMuch
from maemae.setup.probe.sent import SentFile
from maemae.setup.probe.steps import STEPS, Finding, Findings
from maemae.trader.settings import Settings
from maemae.trader.venue import Venue, data_dir, ledger_url

FROM, UNTIL = time(9, 5), time(15, 10)
"""Of a trading day: continuous trading, far enough from both auctions."""

CHEAP, DEAREST = (1_000, 5_000), 50_000
"""Won of the share that is looked for first, and at most."""

HASTE = 20
"""Calls a second of the orders that are to be refused for haste."""


@dataclass(frozen=True)
class Outcome:
    """What a probe came to.

    Attributes:
        findings: verdicts, in the order of the facts.
        problems: what is not as it was before.
        codes: message codes of refusals.
        orders: how many were sent.
        seconds: how long it took, by the venue's clock.
    """

    findings: Sequence[Finding]
    problems: Sequence[str]
    codes: Sequence[str]
    orders: int
    seconds: int


def sent_path(settings: Settings) -> Path:
    """Return the file of what a probe has sent, as long as it is not cleaned up."""
    return data_dir(settings) / f"probe-{settings.venue}.jsonl"


def check_clean(settings: Settings) -> None:
    """Refuse to begin while an earlier probe is not cleaned up.

    Raises:
        SettingsError: it is not.
        DataError: what it has sent cannot be read.
    """
    if SentFile(sent_path(settings)).begun is not None:
        raise SettingsError(
            _("an earlier probe was not cleaned up: `maemae probe --clean` does it")
        )


def check_time(now: datetime) -> None:
    """Refuse a time at which orders do not trade at once.

    Raises:
        SettingsError: says when.
    """
    if not krx().is_session(now.date()) or not FROM <= now.time() < UNTIL:
        raise SettingsError(
            _("the probe needs continuous trading: a trading day, {since} to {until}").format(
                since=f"{FROM:%H:%M}", until=f"{UNTIL:%H:%M}"
            )
        )


def check_ledger(settings: Settings, venue: Venue) -> None:
    """Refuse an account on which orders of ours live.

    Raises:
        SettingsError: there are some.
        LedgerError: the ledger cannot be read.
    """
    url = ledger_url(settings)
    if isinstance(url, Path) and not url.exists():
        return
    if venue.account not in accounts(url):
        return
    with Ledger(url, venue.account) as ledger:
        state: State = known(ledger, venue.costs).fold.state
    if any(state.blotter.live()):
        raise SettingsError(
            _("orders of the ledger are open or in doubt: let a trader settle them first")
        )


async def choose(venue: Venue, codes: Sequence[str]) -> tuple[Name, int]:
    """Return a cheap liquid name of which nothing is held, and what a share costs.

    Args:
        venue: open.
        codes: names to choose from, the first that does; none: by volume.

    Raises:
        SettingsError: none does.
        WireError: the broker does not answer.
    """
    held = {one.code for one in (await venue.orders.balance()).holdings if one.quantity}
    chosen = list(codes)
    if not chosen:
        ranked = await venue.data.history.volume_ranking("volume")
        priced = [one for one in ranked if one.price and one.price <= DEAREST]
        cheap = [one.code for one in priced if CHEAP[0] <= (one.price or 0) <= CHEAP[1]]
        chosen = [*cheap, *(one.code for one in priced if one.code not in cheap)]
    for code in chosen:
        if code in held:
            continue
        quote = await venue.data.price(code)
        name = _name(quote, venue.clock.now().date())
        if name is not None and quote.price is not None and quote.price <= DEAREST:
            return name, quote.price
    raise SettingsError(_("no name does: cheap, traded, and nothing of it held"))


def _name(quote: kis.Quote, on: date) -> Name | None:
    """Return the prices far from the market; None where they are not far enough."""
    if not (quote.price and quote.upper and quote.lower):
        return None
    market = quote.market or Market.KOSPI  # Ticks of both have been the same since 2023.
    low = move_ticks(quote.lower, 1, on, market, Kind.STOCK)
    higher = move_ticks(low, 1, on, market, Kind.STOCK)
    high = move_ticks(quote.upper, -1, on, market, Kind.STOCK)
    near = quote.price // 10
    if quote.price - higher < near or high - quote.price < near:
        return None  # A share that has moved by 20 % already might fill them.
    return Name(quote.code, quote.upper, low, higher, high)


async def probe(settings: Settings, venue: Venue, name: Name) -> Outcome:
    """Ask the server, clean up whatever happens, and say what was found.

    Raises:
        SettingsError: what an earlier probe has sent is not cleaned up.
        WireError: the broker does not answer at the beginning; nothing was sent.
        OSError: what is sent cannot be noted; nothing more is sent.
    """
    check_clean(settings)
    sent = SentFile(sent_path(settings))
    async with _hasty(settings, venue) as burst:
        hand = Hand(venue.orders, burst, venue.clock, name, sent)
        begun, found = venue.clock.now(), Findings()
        async with _listening(venue, hand):
            holding = await hand.holding()
            sent.begin(name.code, holding.quantity if holding else 0, begun)
            try:
                await _ask(hand, found)
            finally:
                orders = len(sent.orders)
                problems = await clean(venue.orders, venue.clock, sent, _strangers(hand))
    took = round((venue.clock.now() - begun).total_seconds())
    findings = [found.all[fact] for fact in Fact if fact in found.all]
    return Outcome(findings, problems, hand.codes, orders, took)


async def _ask(hand: Hand, found: Findings) -> None:
    for step in STEPS:
        try:
            await step(hand, found)
        except TooMuch:
            return
        except WireError as error:
            hand.codes.append(error.code if isinstance(error, kis.KisRefused) else "-")


def _strangers(hand: Hand) -> dict[int, str]:
    """Return the orders of the name that notices told of, and no reply."""
    ours = hand.numbers
    return {
        one.order_no: one.org_no
        for _at, one in hand.notices
        if one.order_no not in ours and one.original_no is None
        and one.event is kis.NoticeEvent.ACCEPTED
    }  # fmt: skip


async def clean_up(settings: Settings, venue: Venue) -> list[str]:
    """Clean up after a probe that was killed; return what is not as it was.

    Raises:
        DataError: what it has sent cannot be read.
    """
    return await clean(venue.orders, venue.clock, SentFile(sent_path(settings)), {})


@asynccontextmanager
async def _listening(venue: Venue, hand: Hand) -> AsyncIterator[None]:
    stream = venue.orders.stream
    stream.listen(hand.hear)
    await stream.start()
    try:
        await stream.subscribe(kis.Feed.NOTICES)
        yield
    finally:
        await stream.stop()


@asynccontextmanager
async def _hasty(settings: Settings, venue: Venue) -> AsyncIterator[kis.KisClient]:
    """Give a client of the same key that does not keep to the server's pace."""
    server = venue.orders.server
    limits = replace(server.limits, calls_per_second=max(HASTE, server.limits.calls_per_second))
    kept = venue.kept or data_dir(settings)
    state = kept if settings.venue == "sim" else kept / "keys"
    client = kis.KisClient(
        replace(server, limits=limits), venue.orders.credentials,
        clock=venue.clock, state_dir=state,
    )  # fmt: skip
    async with client:
        yield client


def known_of(outcome: Outcome, on: date) -> dict[Fact, Known]:
    """Return the verdicts as facts of a profile; what could not be told is left out."""
    return {
        one.fact: Known(one.holds, How.PROBED, on, one.seconds)
        for one in outcome.findings
        if one.holds is not None
    }
