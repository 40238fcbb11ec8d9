"""The dry run against a simulated exchange in the live server's place: it records every request."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.exchange.conftest import DAY, make_exchange, pass_time
from tests.kis.broker import FakeClock

from maemae.clock import KST
from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.errors import KisUnsupported, MaemaeError, SettingsError
from maemae.exchange.faults import Fault, FaultKind
from maemae.exchange.fed.exchange import ACCOUNT, FedExchange
from maemae.exchange.server import Server
from maemae.exchange.simulation import Exchange
from maemae.i18n import set_language
from maemae.kis import Accepted, KisClient, MarketClient, OrderRequest
from maemae.market.kinds import Side
from maemae.service.venue_words import venue_word
from maemae.setup.golive.days import days_of
from maemae.trader import clients as clients_module
from maemae.trader import venue as venues
from maemae.trader.clients import open_clients
from maemae.trader.hands import KisHands
from maemae.trader.settings import Settings, load_settings
from maemae.trader.sources.directory import Directory
from maemae.trader.venue import Venue, open_venue

OWN = "12345678-01"
"""The owner's account at the live server, which has money."""
CODES = ["000010", "000020", "000030", "0004K0", "000050", "999999"]
ORDERING = ("/trading/", "/uapi/hashkey", "/oauth2/revokeP")


@dataclass
class Bench:
    """A dry run, the live server it reads, and what goes between them."""

    live: Exchange
    settings: Settings
    clock: FakeClock
    venue: Venue

    @property
    def fed(self) -> FedExchange:
        feed = self.venue.feed
        assert feed is not None
        return feed.exchange

    async def settle(self, seconds: float = 0.2) -> None:
        """Let an order reach the embedded book."""
        await self.clock.sleep(seconds)
        self.fed.catch_up()

    def asked(self) -> list[dict[str, Any]]:
        return self.live.journal.since(0, "call")


def settings_of(url: str, folder: Path, **more: Any) -> Settings:
    flags: dict[str, Any] = {
        "venue": "dry",
        "data_dir": folder,
        "masters_url": f"{url}/common/master",
        "live": {
            "account": OWN, "hts_id": "simtrader",
            "rest_url": url, "ws_url": url.replace("http", "ws") + "/tryitout",
        },
        "book": [{"name": "a", "way": "condition", "condition": 0, "amount": 100_000,
                  "take_profit": "2%", "stop_loss": "2%"}],
    }  # fmt: skip
    return load_settings(None, **(flags | more))


@asynccontextmanager
async def bench(folder: Path, patch: pytest.MonkeyPatch, **more: Any) -> AsyncIterator[Bench]:
    live = make_exchange(at="09:30")
    live.catch_up()
    server = Server(live, {"real": 0})
    await server.start()
    clock = FakeClock(datetime(DAY.year, DAY.month, DAY.day, 9, 30, tzinfo=KST))
    who = next(one for one in live.customers.values() if one.personality == "real")
    assert who.account == OWN
    for module in (venues, clients_module):
        patch.setattr(module, "SystemClock", lambda: clock)
    patch.setenv("MAEMAE_LIVE_APP_KEY", who.app_key)
    patch.setenv("MAEMAE_LIVE_APP_SECRET", who.app_secret)
    try:
        chosen = settings_of(server.urls["real"], folder, **more)
        async with open_venue(chosen) as venue:
            yield Bench(live, chosen, clock, venue)
    finally:
        await server.stop()


def nothing_left(live: Exchange) -> None:
    """Assert that nothing that trades, and no account, was ever sent to the live server."""
    for call in live.journal.since(0, "call"):
        assert not any(part in call["path"] for part in ORDERING), call
        assert not call["tr_id"].startswith(("TTTC", "VTTC", "TTTT", "JTTT")), call
        assert OWN[:8] not in repr(call), call
        assert not {"CANO", "ACNT_PRDT_CD"} & set(call["params"]), call
    for one in live.journal.since(0, "registration"):
        assert "CNI" not in one["feed"][0], one
    account = live.account(OWN)
    assert account is not None
    assert not account.orders
    assert not live.journal.since(0, "order")


async def test_orders_meet_the_live_book_and_stay_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(tmp_path, monkeypatch) as dry:
        ask = dry.live.venue.floor.shown("000010").asks[0]
        sent = await dry.venue.orders.order(_market(Side.BUY, "000010", 3))
        await dry.settle()
        [row] = await dry.venue.orders.daily_executions(DAY)
        assert (row.filled, row.amount) == (3, 3 * ask.price)
        balance = await dry.venue.orders.balance()
        assert balance.cash_d2 == dry.settings.dry.cash - row.amount - balance.day_costs
        assert [(one.code, one.quantity, one.name) for one in balance.holdings] == [
            ("000010", 3, dry.live.venue.floor.listing("000010").name)
        ]
        assert isinstance(sent, Accepted)
        assert sent.order_no == row.order_no
        nothing_left(dry.live)


async def test_it_streams_the_live_trades_into_its_orders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(tmp_path, monkeypatch) as dry:
        came: list[ev.Event] = []
        hands = _hands(dry)
        await hands.start(came.append)
        await hands.perform(cmd.Watch(("000020",)))
        bid = dry.live.venue.floor.shown("000020").bids[0].price
        sent = await hands.perform(cmd.Send("i", Side.BUY, "000020", 1, bid, urgent=False))
        assert isinstance(sent, ev.OrderAccepted)
        await dry.settle()
        fed, before = dry.fed, dry.fed.fed.floor.market.day("000020").volume
        pass_time(dry.live, "10:00")
        async with asyncio.timeout(20):
            await dry.venue.data.stream.received(dry.live.frames)
        assert fed.fed.floor.market.day("000020").volume > before
        order = fed.venue.accounts[ACCOUNT].orders[sent.order_no]
        heard = [one.price for one in came if isinstance(one, ev.Price)]
        assert min(heard) < bid
        assert (order.filled, order.amount) == (1, bid)
        await hands.stop()
        nothing_left(dry.live)


async def test_the_clients_it_is_made_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench(tmp_path, monkeypatch) as dry:
        assert type(dry.venue.data) is MarketClient
        assert not isinstance(dry.venue.data, KisClient)
        assert dry.venue.data.credentials.account == ""
        assert dry.venue.account == ACCOUNT
        assert dry.venue.orders.server.rest_url.startswith("http://127.0.0.1:")
        assert dry.venue.orders.server.rest_url != dry.venue.data.server.rest_url


async def test_two_dry_runs_do_not_share_an_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(tmp_path, monkeypatch) as dry:
        with pytest.raises(SettingsError, match="dry"):
            async with open_venue(dry.settings):
                pass


async def test_a_book_for_other_sessions_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = {"name": "a", "way": "condition", "condition": 0, "amount": 100_000,
            "take_profit": "2%", "stop_loss": "2%",
            "order": {"kind": "limit", "exchange": "NXT"}}  # fmt: skip
    with pytest.raises(SettingsError, match="book a"):
        async with bench(tmp_path, monkeypatch, book=[book]):
            pass


async def test_the_next_run_finds_its_shares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(tmp_path, monkeypatch) as dry:
        await dry.venue.orders.order(_market(Side.BUY, "000010", 3))
        await dry.settle()
        before = await dry.venue.orders.balance()
    async with bench(tmp_path, monkeypatch) as again:
        after = await again.venue.orders.balance()
        assert (after.cash_d2, after.day_costs) == (before.cash_d2, before.day_costs)
        assert [(h.code, h.quantity) for h in after.holdings] == [("000010", 3)]
        assert len(await again.venue.orders.daily_executions(DAY)) == 1


async def test_over_night_it_keeps_its_shares_and_asks_what_they_are_worth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(tmp_path, monkeypatch) as dry:
        await dry.venue.orders.order(_market(Side.BUY, "000010", 3))
        await dry.settle()
        before = await dry.venue.orders.balance()
        await dry.clock.sleep(24 * 3600)
        dry.live.clock.jump(dry.fed.clock.now())
        dry.live.catch_up()
        dry.fed.catch_up()
        assert dry.fed.day > DAY
        after = await dry.venue.orders.balance()
        [held] = after.holdings
        price = dry.live.venue.floor.state("000010").price
        assert (held.quantity, held.price) == (3, price)
        assert held.name == before.holdings[0].name
        assert (after.cash_d2, after.day_costs) == (before.cash_d2, 0)


async def test_whoever_only_asks_does_so_beside_a_dry_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(tmp_path, monkeypatch) as dry, open_clients(dry.settings) as clients:
        asked = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "000010"}
        assert await clients.call("domestic_stock.inquire_price", asked)
        assert clients.data is not None
        with pytest.raises(KisUnsupported):
            await clients.call(
                "domestic_stock.inquire_balance",
                {"CANO": OWN[:8], "ACNT_PRDT_CD": "01", "AFHR_FLPR_YN": "N", "INQR_DVSN": "01",
                 "UNPR_DVSN": "01", "FUND_STTL_ICLD_YN": "N", "FNCG_AMT_AUTO_RDPT_YN": "N",
                 "PRCS_DVSN": "00"},
            )  # fmt: skip
        nothing_left(dry.live)


def test_it_is_called_what_it_is() -> None:
    assert {venue_word(one) for one in ("sim", "paper", "live")} == {"sim", "paper", "live"}
    set_language("ko")
    assert venue_word("dry") == "dry · 모의 주문, 실시간 시세"
    set_language("en")
    assert venue_word("dry") == "dry · simulated orders, live prices"


def test_dry_days_are_no_evidence_for_real_money(tmp_path: Path) -> None:
    chosen = settings_of("http://127.0.0.1:1", tmp_path)
    assert venues.ledger_url(chosen) == tmp_path / "ledger-dry.sqlite"
    (tmp_path / "ledger-dry.sqlite").write_bytes(b"")
    for venue in ("sim", "paper"):
        assert list(days_of(chosen, venue)) == []


PRICES = st.sampled_from([None, 7_000, 9_900, 10_000, 10_400, 10_600, 13_000, 1])
SHARES = st.integers(1, 400)
COMMANDS = st.one_of(
    st.builds(
        cmd.Send, st.just("i"), st.sampled_from(list(Side)), st.sampled_from(CODES), SHARES, PRICES,
        urgent=st.booleans(),
    ),
    st.builds(
        cmd.SendCancel, st.just("i"), st.integers(1, 8), st.just(""), st.sampled_from(CODES), SHARES
    ),
    st.builds(
        cmd.SendAmend, st.just("i"), st.integers(1, 8), st.just(""), st.sampled_from(CODES), SHARES,
        PRICES,
    ),
    st.builds(
        cmd.Ask, st.sampled_from([q for q in ev.Query if q is not ev.Query.SEARCH]),
        st.sampled_from(CODES), PRICES,
    ),
    st.builds(cmd.Watch, st.lists(st.sampled_from(CODES), unique=True).map(tuple)),
)  # fmt: skip
HAZARDS = st.builds(
    Fault,
    kind=st.sampled_from(list(FaultKind)),
    rate=st.sampled_from([0.3, 1.0]),
    count=st.integers(1, 3),
    seconds=st.just(0.5),
)
STEPS = st.lists(st.one_of(COMMANDS, HAZARDS, st.sampled_from([1, 20])), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_no_order_leaves_whatever_is_commanded_and_whatever_fails(
    steps: list[cmd.Command | Fault | int],
) -> None:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        asyncio.run(_through(steps, Path(folder), patch))


async def _through(
    steps: list[cmd.Command | Fault | int], folder: Path, patch: pytest.MonkeyPatch
) -> None:
    async with bench(folder, patch) as dry:
        hands = _hands(dry)
        async with asyncio.timeout(60):
            await hands.start(lambda _: None)
            for step in steps:
                match step:
                    case Fault():
                        dry.live.faults.add(step)
                    case int():
                        dry.live.step(dry.live.clock.now() + step * 10**6)
                        await dry.settle(step)
                    case _:
                        await _try(partial(hands.perform, step))
        await _try(hands.stop)
        nothing_left(dry.live)


async def _try(do: Callable[[], Any]) -> None:
    try:
        async with asyncio.timeout(5):
            await do()
    except (MaemaeError, TimeoutError):
        return


def _hands(dry: Bench) -> KisHands:
    venue = dry.venue
    return KisHands(venue.orders, venue.data, {}, venue.clock, Directory(venue.data))


def _market(side: Side, code: str, quantity: int) -> Any:
    return OrderRequest(side, code, quantity, None, "01")
