"""Every fault does what it says, and the journal knows about it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from tests.exchange.conftest import Client, Serve, make_exchange, pass_time, records

from maemae.exchange.faults import Fault, FaultBox, FaultKind
from maemae.exchange.moment import SECOND
from maemae.exchange.protocol.feed import Session
from maemae.exchange.protocol.reply import Call
from maemae.exchange.simulation import Exchange

PRICE = "/uapi/domestic-stock/v1/quotations/inquire-price"
ORDER = "/uapi/domestic-stock/v1/trading/order-cash"


def _headers(client: Client, tr_id: str) -> dict[str, str]:
    return {
        "appkey": client.customer.app_key,
        "appsecret": client.customer.app_secret,
        "authorization": f"Bearer {client.token}",
        "tr_id": tr_id,
    }


async def _order(http: aiohttp.ClientSession, url: str, client: Client) -> tuple[int, str]:
    body = client.account | {"PDNO": "000010", "ORD_DVSN": "01", "ORD_QTY": "1", "ORD_UNPR": "0"}
    headers = _headers(client, "TTTC0012U")
    async with http.post(url + ORDER, json=body, headers=headers) as reply:
        return reply.status, await reply.text()


@pytest.mark.parametrize(
    ("kind", "carried_out", "outcome"),
    [
        ("reset", False, aiohttp.ServerDisconnectedError),
        ("http_500_before", False, 500),
        ("throttled", False, "EGW00201"),
        ("token_expired", False, "EGW00123"),
        ("maintenance", False, 503),
        ("reply_lost", True, aiohttp.ServerDisconnectedError),
        ("http_500_after", True, 500),
        ("malformed_json", True, json.JSONDecodeError),
        ("truncated_body", True, aiohttp.ClientPayloadError),
        ("extra_fields", True, "new_field_of_the_broker"),
    ],
)
async def test_call_faults(serve: Serve, kind: str, carried_out: bool, outcome: object) -> None:
    exchange = make_exchange(at="09:30")
    server, http = await serve(exchange)
    client = Client(exchange)
    control = f"{server.urls['real']}/control"
    fault = {"kind": kind, "tr_id": "TTTC0012U", "count": 1}
    async with http.post(f"{control}/faults", json=fault) as reply:
        assert await reply.json() == {"number": 1}
    if isinstance(outcome, type):
        with pytest.raises(outcome):
            json.loads((await _order(http, server.urls["real"], client))[1])
    else:
        status, text = await _order(http, server.urls["real"], client)
        assert outcome in (status, text) or str(outcome) in text
    assert len(exchange.venue.accounts[client.customer.account].orders) == int(carried_out)
    status, text = await _order(http, server.urls["real"], client)
    assert (status, json.loads(text)["rt_cd"]) == (200, "0")
    async with http.get(f"{control}/journal", params={"what": "call"}) as reply:
        entries = await reply.json()
    assert [one["fault"] for one in entries if one["tr_id"] == "TTTC0012U"] == [kind, ""]
    async with http.get(f"{control}/faults") as reply:
        assert [one["struck"] for one in await reply.json()] == [1]
    async with http.delete(f"{control}/faults") as reply:
        assert await reply.json() == {"faults": []}


async def test_a_delayed_reply_comes_after_the_notice(serve: Serve) -> None:
    exchange = make_exchange(at="09:30")
    server, http = await serve(exchange)
    client = Client(exchange)
    exchange.faults.add(Fault(kind=FaultKind.REPLY_DELAYED, seconds=2.0))
    task = asyncio.create_task(_order(http, server.urls["real"], client))
    orders = exchange.venue.accounts[client.customer.account].orders
    for _ in range(100_000):
        if orders:
            break
        await asyncio.sleep(0)
    exchange.step(exchange.venue.now + SECOND)
    assert exchange.venue.accounts[client.customer.account].held("000010") == 1
    assert not task.done()
    exchange.step(exchange.venue.now + 2 * SECOND)
    assert (await task)[0] == 200


def test_a_token_asked_for_too_soon() -> None:
    exchange = make_exchange()
    exchange.faults.add(Fault(kind=FaultKind.TOKEN_TOO_SOON, count=1))
    customer = exchange.customers["12345678-01"]
    keys = {"APPKEY": customer.app_key, "APPSECRET": customer.app_secret}
    call = Call("real", "POST", "/oauth2/tokenP", {}, keys)
    assert exchange.deliver(call).reply.body["error_code"] == "EGW00133"
    assert "access_token" in exchange.deliver(call).reply.body
    assert customer.app_secret not in str(exchange.journal.since(0))


def test_stale_balance_and_rows_left_out() -> None:
    exchange = make_exchange(at="09:30")
    client = Client(exchange, faulty=True)
    before = client.balance()
    client.order("buy", "000010", 3)
    pass_time(exchange, "09:31")
    exchange.faults.add(Fault(kind=FaultKind.STALE_BALANCE, count=1))
    assert client.balance() == before
    assert len(client.balance()["output1"]) == 1
    exchange.faults.add(Fault(kind=FaultKind.TOTALS_ONLY, path="inquire-balance", count=1))
    assert client.balance()["output1"] == []


def test_a_cancel_without_the_right_branch_finds_no_order() -> None:
    exchange = make_exchange(at="09:30")
    client = Client(exchange, faulty=True)
    exchange.faults.add(Fault(kind=FaultKind.WRONG_BRANCH))
    low = exchange.venue.floor.listing("000010").lower
    sent = client.order("buy", "000010", 3, price=low)["output"]
    number, branch = int(sent["ODNO"]), sent["KRX_FWDG_ORD_ORGNO"]
    assert client.change(number, "02")["msg_cd"] == "APBK0344"
    assert client.change(number, "02", branch=branch)["rt_cd"] == "0"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"count": 2}, [1, 1, 0, 0, 0]),
        ({"skip": 3}, [0, 0, 0, 1, 1]),
        ({"skip": 1, "count": 1}, [0, 1, 0, 0, 0]),
        ({"tr_id": "OTHER"}, [0, 0, 0, 0, 0]),
        ({"server": "virtual"}, [0, 0, 0, 0, 0]),
        ({"path": "price"}, [1, 1, 1, 1, 1]),
        ({"from_time": "10:00:00"}, [0, 0, 0, 0, 0]),
        ({"rate": 0.0}, [0, 0, 0, 0, 0]),
    ],
)
def test_when_a_fault_strikes(fault: dict[str, Any], expected: list[int]) -> None:
    box = FaultBox(seed=1)
    box.add(Fault(kind=FaultKind.RESET, **fault))
    now = make_exchange(at="09:30").clock.now()
    struck = [box.strike([FaultKind.RESET], "real", "TR", PRICE, now) for _ in range(5)]
    assert [int(one is not None) for one in struck] == expected


def test_a_rate_is_kept_and_repeats_with_the_seed() -> None:
    def strikes(seed: int) -> list[bool]:
        box = FaultBox(seed)
        box.add(Fault(kind=FaultKind.RESET, rate=0.2))
        return [box.strike([FaultKind.RESET], "", "", "", 0) is not None for _ in range(2_000)]

    assert strikes(1) == strikes(1) != strikes(2)
    assert 340 <= sum(strikes(1)) <= 460


# -- frames ---------------------------------------------------------------------------------


def _listen(exchange: Exchange, client: Client) -> tuple[Session, list[str]]:
    texts: list[str] = []
    session: list[Session] = []

    def hang_up() -> None:
        exchange.close_session(session[0])

    session.append(exchange.open_session("real", texts.append, hang_up))
    keys = {"APPKEY": client.customer.app_key, "SECRETKEY": client.customer.app_secret}
    approval = client.raw("POST", "/oauth2/Approval", "", **keys)["approval_key"]
    for tr_id, key in (("H0STCNI0", client.customer.hts_id), ("H0STCNT0", "000010")):
        header = {"approval_key": approval, "custtype": "P", "tr_type": "1"}
        body = {"input": {"tr_id": tr_id, "tr_key": key}}
        exchange.receive(session[0], json.dumps({"header": header, "body": body}))
    return session[0], texts


def _notices(texts: list[str]) -> list[str]:
    return [text for text in texts if text.startswith("1|")]


def _ticks(texts: list[str]) -> list[str]:
    return [text for text in texts if text.startswith("0|")]


def _instants(frame: str) -> int:
    return len({one[1] for one in records([frame], "H0STCNT0")})


Check = Callable[[list[str], list[str]], bool]


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        ("notice_twice", lambda notices, _: len(notices) == 4 and notices[0] == notices[1]),
        ("notice_late", lambda notices, _: len(notices) == 2),
        ("notices_swapped", lambda notices, _: len(notices) == 2),
        (
            "more_columns",
            lambda _, ticks: all(len(one) == 47 for one in records(ticks, "H0STCNT0")),
        ),
        ("many_records", lambda _, ticks: all(_instants(one) == 2 for one in ticks)),
        ("silence", lambda notices, ticks: not notices and not ticks),
    ],
)
def test_frame_faults(kind: str, check: Check) -> None:
    exchange = make_exchange(at="09:30")
    client = Client(exchange)
    _, texts = _listen(exchange, client)
    exchange.faults.add(Fault(kind=FaultKind(kind), seconds=30.0))
    client.order("buy", "000010", 3)
    pass_time(exchange, "09:32")
    assert check(_notices(texts), _ticks(texts))
    assert exchange.journal.since(0, "frame")[0]["fault"] == kind


@pytest.mark.parametrize(
    ("kind", "price"),
    [("price_zero", "0"), ("price_blank", ""), ("price_negative", "-"), ("price_beyond", "5")],
)
def test_wrong_prices_stand_in_trades_and_answers(kind: str, price: str) -> None:
    exchange = make_exchange(at="09:30")
    client = Client(exchange, faulty=True)
    _, texts = _listen(exchange, client)
    exchange.faults.add(Fault(kind=FaultKind(kind)))
    pass_time(exchange, "09:32")
    said = {one[2] for one in records(texts, "H0STCNT0")}
    quote = client.raw(
        "GET",
        "/uapi/domestic-stock/v1/quotations/inquire-price",
        "FHKST01010100",
        FID_COND_MRKT_DIV_CODE="J",
        FID_INPUT_ISCD="000010",
    )
    for one in (*said, quote["output"]["stck_prpr"]):
        assert one == price if price in ("0", "") else one.startswith(price)
    assert quote["output"]["stck_sdpr"] == "10000"


def test_an_old_trade_has_the_time_of_before() -> None:
    exchange = make_exchange(at="09:30")
    client = Client(exchange)
    _, texts = _listen(exchange, client)
    exchange.faults.add(Fault(kind=FaultKind.PRICE_OLD, seconds=600.0))
    pass_time(exchange, "09:32")
    times = [one[1] for one in records(texts, "H0STCNT0")]
    assert times
    assert all("0920" <= one[:4] <= "0922" for one in times)


def test_one_wrong_price_is_in_one_trade_of_an_instant() -> None:
    exchange = make_exchange(at="09:30")
    client = Client(exchange)
    _, texts = _listen(exchange, client)
    exchange.faults.add(Fault(kind=FaultKind.PRICE_ZERO, count=1))
    pass_time(exchange, "09:32")
    trades = records(texts, "H0STCNT0")
    assert [one[2] for one in trades].count("0") == 1
    assert len(trades) > len(_ticks(texts))


def test_swapped_notices_change_places() -> None:
    plain, swapped = make_exchange(at="09:30"), make_exchange(at="09:30")
    seen = []
    for exchange in (plain, swapped):
        client = Client(exchange)
        _, texts = _listen(exchange, client)
        if exchange is swapped:
            exchange.faults.add(Fault(kind=FaultKind.NOTICES_SWAPPED, count=1, seconds=5.0))
        client.order("buy", "000010", 3)
        pass_time(exchange, "09:31")
        seen.append(_notices(texts))
    assert seen[0] == seen[1][::-1]


def test_a_dropped_client_finds_its_key_in_use_for_a_while() -> None:
    exchange = make_exchange(at="09:30")
    client = Client(exchange)
    session, _ = _listen(exchange, client)
    exchange.faults.add(Fault(kind=FaultKind.DROP, tr_id="H0STCNT0", count=1, seconds=60.0))
    pass_time(exchange, "09:30:30")
    assert session not in exchange._sessions
    again, texts = _listen(exchange, client)
    assert "OPSP8996" in texts[0]
    assert again.refused
    exchange.close_session(again)
    pass_time(exchange, "09:33")
    assert "OPSP0000" in _listen(exchange, client)[1][0]
