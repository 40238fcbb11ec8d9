"""Mid-price and stop orders, and the sessions outside regular hours, through the sockets."""

from datetime import date

import aiohttp
import pytest
from tests.exchange.conftest import LISTINGS, Serve, make_exchange
from tests.exchange.wire import Wire

from maemae.exchange.scenario import Opening, Scenario, default_scenario

DAY = date(2026, 10, 13)
CLOSE = LISTINGS[0].close
BOOK = "/uapi/domestic-stock/v1/quotations/inquire-asking-price-exp-ccn"


def _at(clock_time: str) -> str:
    return f"{DAY}T{clock_time}+09:00"


async def _wire(serve: Serve, at: str) -> Wire:
    customer = default_scenario(7).openings[0].customer
    scenario = Scenario((Opening(customer, 100_000_000, {"000010": (500, 9_000)}),))
    server, http = await serve(make_exchange(day=DAY, at=at, scenario=scenario))
    wire = Wire(http, server.urls["real"], "real")
    await wire.log_in()
    return wire


async def _socket(wire: Wire) -> aiohttp.ClientWebSocketResponse:
    socket = await wire.http.ws_connect(f"{wire.url}/tryitout")
    for feed, key in (
        ("H0STCNI0", wire.me["hts_id"]), ("H0STCNT0", "000010"), ("H0STASP0", "000010"),
    ):  # fmt: skip
        await wire.register(socket, feed, key)
    return socket


async def _book(wire: Wire) -> tuple[dict[str, str], dict[str, str]]:
    params = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "000010"}
    body = await wire.ask("GET", BOOK, "FHKST01010200", **params)
    return body["output1"], body["output2"]


def _told(notices: list[list[str]], sent: dict[str, dict[str, str]]) -> list[tuple[str, str, int]]:
    """Return kind, whether a fill (2), and quantity of the notices of an order."""
    number = int(sent["output"]["ODNO"])
    return [(one[6], one[13], int(one[9])) for one in notices if int(one[2]) == number]


async def test_the_close_and_the_evening_are_told_on_the_feeds(serve: Serve) -> None:
    wire = await _wire(serve, "15:35")
    async with await _socket(wire) as socket:
        at_close = await wire.order("buy", "06", 7)
        assert (await wire.order("buy", "41", 7, CLOSE))["msg_cd"] == "APBK0918"
        notices, frames = await wire.run(socket, _at("15:59:59"))
        told = _told(notices, at_close)
        assert told[0] == ("06", "1", 7)
        assert sum(quantity for _, mark, quantity in told if mark == "2") == 7
        assert {int(one[10]) for one in notices if one[13] == "2"} == {CLOSE}
        # Trades at the close's price are not on the feeds.
        assert frames == []
        notices, frames = await wire.run(socket, _at("16:30:00"))
        trades = [one.split("|")[3].split("^") for one in frames if "H0STCNT0" in one]
        books = [one.split("|")[3].split("^") for one in frames if "H0STASP0" in one]
        assert len(trades) == len(books) > 10
        assert {(len(one), one[34], one[-1]) for one in trades} == {(47, "30", "3")}
        assert {(len(one), one[-1]) for one in books} == {(63, "3")}
        volumes = [int(one[13]) for one in trades]
        assert volumes == sorted(set(volumes))
        assert volumes[0] > LISTINGS[0].volume
        # The book over REST is the one that was sent last.
        book, _ = await _book(wire)
        assert book["new_mkop_cls_code"] == "30"
        assert [book["askp1"], book["bidp1"]] == [books[-1][3], books[-1][13]]


async def test_kinds_of_the_evening(serve: Serve) -> None:
    wire = await _wire(serve, "16:30")
    async with await _socket(wire) as socket:
        book, _ = await _book(wire)
        ask, bid = int(book["askp1"]), int(book["bidp1"])
        sent = {kind: await wire.order("buy", kind, 3, ask) for kind in ("41", "42", "43")}
        sent |= {kind: await wire.order("buy", kind, 3) for kind in ("44", "45", "46", "47")}
        late = await wire.order("sell", "41", 2, LISTINGS[0].upper)
        notices, _ = await wire.run(socket, _at("16:30:01"))
        for kind in ("41", "42", "43", "44", "45", "46"):
            told = _told(notices, sent[kind])
            assert [(told[0][0], told[0][2]), told[1][1:]] == [(kind, 3), ("2", 3)], kind
        assert [mark for _, mark, _ in _told(notices, sent["47"])] == ["1"]
        changed = await wire.change(late["output"]["ODNO"], "01", "41", bid)
        notices, _ = await wire.run(socket, _at("16:30:02"))
        assert _told(notices, changed)[-1][1:] == ("2", 2)
        notices, _ = await wire.run(socket, _at("20:00:05"))
    books = await wire.ask("GET", "/control/books", account=wire.me["account"])
    assert {one["status"] for one in books["orders"]} <= {"filled", "cancelled", "expired"}
    filled = sum(one["filled"] * (1 if one["side"] == "buy" else -1) for one in books["orders"])
    assert books["positions"]["000010"] == 500 + filled


async def test_kinds_of_continuous_trading(serve: Serve) -> None:
    wire = await _wire(serve, "10:00")
    async with await _socket(wire) as socket:
        mid = await wire.order("buy", "21", 5)
        alone = await wire.order("buy", "24", 5)
        stop = await wire.order("sell", "22", 5, LISTINGS[0].low - 200, CNDT_PRIC="9000")
        notices, _ = await wire.run(socket, _at("10:00:01"))
        assert _told(notices, alone)[0] == ("24", "1", 5)
        assert all(mark != "2" for _, mark, _ in _told(notices, alone))
        assert _told(notices, stop) == [("22", "1", 5)]
        meets = await wire.order("sell", "23", 5)
        gone = await wire.change(stop["output"]["ODNO"], "02", "22")
        notices, _ = await wire.run(socket, _at("10:00:02"))
        assert _told(notices, meets)[-1][1:] == _told(notices, mid)[-1][1:] == ("2", 5)
        assert _told(notices, gone)[-1][2] == 5
        assert (await wire.order("buy", "22", 5, 9_500))["rt_cd"] == "2"


@pytest.mark.parametrize("kind", ["05", "06", "11", "16", "21", "22", "41", "47"])
async def test_the_virtual_server_takes_none_of_them(serve: Serve, kind: str) -> None:
    server, http = await serve(make_exchange(day=DAY, at="10:00"))
    wire = Wire(http, server.urls["virtual"], "virtual")
    await wire.log_in()
    refused = await wire.order("buy", kind, 1, 10_000, CNDT_PRIC="10000")
    assert (refused["rt_cd"], refused["msg_cd"]) == ("1", "40050000")


async def test_nxt_and_sor_over_the_wire(serve: Serve) -> None:
    wire = await _wire(serve, "16:30")
    async with await _socket(wire) as socket:
        low, high = LISTINGS[0].lower, LISTINGS[0].upper
        rests = await wire.order("buy", "00", 7, low, EXCG_ID_DVSN_CD="NXT")
        routed = await wire.order("buy", "00", 3, high, EXCG_ID_DVSN_CD="SOR")
        krx = await wire.order("buy", "41", 2, low)
        assert (await wire.order("buy", "01", 1, EXCG_ID_DVSN_CD="NXT"))["msg_cd"] == "APBK0963"
        assert (await wire.order("buy", "00", 1, low, EXCG_ID_DVSN_CD="XYZ"))["rt_cd"] == "7"
        notices, _ = await wire.run(socket, _at("16:35:00"))
        where = {int(one[2]): one[19] for one in notices}
        numbers = [int(one["output"]["ODNO"]) for one in (rests, routed, krx)]
        assert [where[number] for number in numbers] == ["2", "4", "1"]
        assert sum(quantity for _, mark, quantity in _told(notices, routed) if mark == "2") == 3
    for place, found in (("NXT", [0]), ("SOR", [1]), ("KRX", [2]), ("ALL", [2, 1, 0])):
        rows = (await wire.executions(f"{DAY:%Y%m%d}", EXCG_ID_DVSN_CD=place))["output1"]
        assert [int(row["odno"]) for row in rows] == [numbers[n] for n in found], place
        assert {row["excg_id_dvsn_cd"] for row in rows} <= {"NXT", "SOR", "KRX"}


async def test_the_virtual_server_has_krx_alone(serve: Serve) -> None:
    server, http = await serve(make_exchange(day=DAY, at="10:00"))
    wire = Wire(http, server.urls["virtual"], "virtual")
    await wire.log_in()
    for place in ("NXT", "SOR"):
        refused = await wire.order("buy", "00", 1, 10_000, EXCG_ID_DVSN_CD=place)
        assert refused["msg_cd"] == "APBK0918"
