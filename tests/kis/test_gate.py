"""A client that only reads the market: nothing that trades or names an account leaves it."""

import json
import string
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exchange.conftest import make_exchange
from tests.kis.broker import FakeClock

from maemae import catalogue
from maemae.errors import KisUnsupported, WireError
from maemae.exchange.server import Server as ExchangeServer
from maemae.exchange.simulation import Exchange
from maemae.kis import AppKey, Feed, Limits, MarketClient, Server
from maemae.kis.gate import ReadingGate
from maemae.kis.messages import registration

ACCOUNT = "12345678"
"""Of the simulated exchange's customer on its real server."""

EVERYTHING = catalogue.all_rest()
PATHS = sorted({one.path for one in EVERYTHING})
IDS = sorted({tr.id for one in EVERYTHING for found in one.tr_ids.values() for tr in found})
NAMES = sorted({param.name for one in EVERYTHING for param in one.params})
WORDS = st.text(string.ascii_letters + string.digits, max_size=9)


def harmless(method: str, path: str, tr_id: str, params: Mapping[str, str]) -> bool:
    """Say from the path alone whether a call may leave, as the documents part them."""
    if method == "POST":
        return path in ("/oauth2/tokenP", "/oauth2/Approval")
    named = {"CANO", "ACNT_PRDT_CD"} & {name.upper() for name in params}
    return method == "GET" and "/trading/" not in path and not named and tr_id in IDS


def lets(method: str, path: str, headers: Mapping[str, str], params: Mapping[str, str]) -> bool:
    try:
        ReadingGate().request(method, path, headers, params)
    except KisUnsupported:
        return False
    return True


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "get"]),
    path=st.one_of(
        st.sampled_from(PATHS),
        st.builds("{}/{}".format, st.sampled_from(PATHS), WORDS),
        st.builds("{}?{}".format, st.sampled_from(PATHS), WORDS),
        st.sampled_from(PATHS).map(str.upper),
    ),
    tr_id=st.one_of(st.sampled_from(IDS), WORDS),
    params=st.dictionaries(st.one_of(st.sampled_from(NAMES), WORDS), WORDS, max_size=6),
)
def test_nothing_that_trades_or_names_an_account_leaves(
    method: str, path: str, tr_id: str, params: dict[str, str]
) -> None:
    if lets(method, path, {"tr_id": tr_id}, params):
        assert harmless(method, path, tr_id, params)


@pytest.mark.parametrize("endpoint", EVERYTHING, ids=lambda one: one.id)
def test_every_call_of_the_broker_is_on_one_side(endpoint: catalogue.RestEndpoint) -> None:
    params = {param.name: "1" for param in endpoint.params if param.required}
    for found in endpoint.tr_ids.values():
        for tr in found:
            may = lets(endpoint.method, endpoint.path, {"tr_id": tr.id}, params)
            assert may is harmless(endpoint.method, endpoint.path, tr.id, params)
            assert not lets("GET", endpoint.path, {"tr_id": "TTTC0012U"}, params)


@pytest.mark.parametrize("feed", catalogue.all_streams(), ids=lambda one: one.id)
def test_notices_are_registered_for_by_nobody(feed: catalogue.StreamEndpoint) -> None:
    for tr_id in feed.tr_ids.values():
        text = registration("key", tr_id, "005930")
        if "notice" in feed.id:
            with pytest.raises(KisUnsupported):
                ReadingGate().message(text)
        else:
            ReadingGate().message(text)
    ReadingGate().message('{"header":{"tr_id":"PINGPONG","datetime":"20261130090000"}}')


@given(
    st.one_of(
        st.text(),
        st.recursive(
            st.none() | WORDS,
            lambda inner: (
                st.lists(inner)
                | st.dictionaries(st.sampled_from(["header", "body", "input", "tr_id"]), inner)
            ),
        ).map(json.dumps),
    )
)
def test_a_message_that_is_no_registration_does_not_leave(text: str) -> None:
    try:
        ReadingGate().message(text)
    except KisUnsupported:
        return
    found = json.loads(text)
    assert "body" not in found or found["body"] is None
    assert found["header"]["tr_id"] == "PINGPONG"


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[tuple[Exchange, MarketClient]]:
    exchange = make_exchange(at="09:30")
    server = ExchangeServer(exchange, {"real": 0})
    await server.start()
    url = server.urls["real"]
    where = Server("real", url, url.replace("http", "ws") + "/tryitout", Limits(1000, silence=5))
    who = next(one for one in exchange.customers.values() if one.personality == "real")
    key = AppKey(who.app_key, who.app_secret, hts_id=who.hts_id)
    async with MarketClient(where, key, clock=FakeClock(), state_dir=tmp_path) as client:
        yield exchange, client
    await server.stop()


async def test_it_reads_the_market(live: tuple[Exchange, MarketClient]) -> None:
    exchange, client = live
    quote = await client.price("000010")
    assert quote.price
    assert (await client.quotes.order_book("000010")).asks
    assert await client.condition_titles()
    ticks: list[Any] = []
    client.stream.listen(ticks.append)
    await client.stream.subscribe(Feed.TICKS, "000010")
    await client.stream.start()
    with pytest.raises(WireError):
        await client.stream.subscribe(Feed.NOTICES)
    assert {tuple(one["feed"]) for one in exchange.journal.since(0, "registration")} == {
        ("H0STCNT0", "000010")
    }
    assert not hasattr(client, "order")
    assert not hasattr(client, "account")


async def test_what_is_not_on_the_list_reaches_no_socket(
    live: tuple[Exchange, MarketClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange, client = live
    await client.price("000010")
    left: list[Any] = []
    monkeypatch.setattr(aiohttp.ClientSession, "request", lambda *a, **_: left.append(a))
    before = len(exchange.journal.since(0, "call"))
    for endpoint in EVERYTHING:
        if harmless(endpoint.method, endpoint.path, IDS[0], {}):
            continue
        params = {param.name: ACCOUNT for param in endpoint.params}
        for method in ("GET", "POST"):
            with pytest.raises(KisUnsupported):
                await client._transport.send(
                    method, endpoint.path, headers={"tr_id": IDS[0]}, params=params
                )
    assert not left
    assert len(exchange.journal.since(0, "call")) == before
    assert ACCOUNT not in repr(vars(client.credentials))
