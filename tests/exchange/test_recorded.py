"""An exchange on a recorded day: what was answered then, at its moments, and nothing else."""

import json
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.exchange.conftest import (
    DAY,
    LISTINGS,
    Client,
    listen,
    make_exchange,
    pass_time,
    records,
)
from tests.exchange.test_fed_exchange import at

from maemae.errors import DataError
from maemae.exchange.fed.care import CARES
from maemae.exchange.moment import SECOND, Moment
from maemae.exchange.recorded.exchange import NOT_RECORDED, RecordedExchange
from maemae.exchange.recorded.source import RecordedSource
from maemae.exchange.scenario import default_scenario
from maemae.exchange.timekeeper import Timekeeper
from maemae.market.calendar import krx
from maemae.market.kinds import Kind, Market, Side
from maemae.recordings.entries import (
    Answer,
    Entry,
    Frame,
    Name,
    Registered,
    Stream,
    Traded,
)
from maemae.recordings.writer import Bounds, Writer

CODE = LISTINGS[0].code
SEARCH = "domestic_stock.psearch_result"


def write(root: Path, entries: Sequence[Entry]) -> Path:
    out = Writer(root, "live", Bounds(20, 10**9), free=lambda _: 10**12)
    for entry in sorted(entries, key=lambda one: one.at):
        out.add(entry)
    out.close()
    return root / "live" / f"{DAY}"


def play(root: Path, entries: Sequence[Entry], clock_time: str = "09:00") -> RecordedExchange:
    source = RecordedSource(write(root, entries))
    exchange = RecordedExchange(
        source, krx(), DAY, default_scenario(7), seed=7,
        clock=Timekeeper(at(clock_time), None), care=CARES["usual"], limits=False,
    )  # fmt: skip
    exchange.catch_up()
    return exchange


def hits(clock: str, *codes: str, seq: int = 0) -> Answer:
    rows = [
        {"code": code, "name": f"종목{code}", "price": "00000010400.0000",
         "recprice": " 10000.0000", "uplmtprice": " 13000.0000", "dnlmtprice": " 7000.0000",
         "acml_vol": " 1000.0000",
         "open": "10100", "high": "10500", "low": "10050", "trade_amt": "10400000"}
        for code in codes
    ]  # fmt: skip
    body: dict[str, Any] = {"output2": rows, "rt_cd": "0"}
    if not codes:
        body = {"rt_cd": "1", "msg_cd": "MCA05918"}
    return Answer(at(clock), SEARCH, {"SEQ": str(seq)}, False, 200, False, body)


@cache
def client_of(exchange: RecordedExchange) -> Client:
    """Return its one client: there is a token a minute."""
    return Client(exchange)


def searched(exchange: RecordedExchange, seq: int = 0) -> Any:
    client = client_of(exchange)
    body = client.quote(
        "psearch-result", "HHKST03900400", USER_ID=client.customer.hts_id, SEQ=str(seq)
    )
    return [row["code"] for row in body["output2"]] if "output2" in body else body["msg_cd"]


def price_of(exchange: RecordedExchange, code: str = CODE) -> Any:
    body = client_of(exchange).quote(
        "inquire-price", "FHKST01010100", FID_COND_MRKT_DIV_CODE="J", FID_INPUT_ISCD=code
    )
    return int(body["output"]["stck_prpr"]) if "output" in body else body["msg_cd"]


def real_frames(*feeds: str, until: str = "09:05") -> list[tuple[Moment, str]]:
    """Return what the replayed market sends of a name, each with its moment."""
    exchange = make_exchange(at="09:00")
    texts = listen(exchange, *((feed, CODE) for feed in feeds))
    found: list[tuple[Moment, str]] = []
    seen = len(texts)
    while exchange.clock.now() < at(until):
        exchange.step(at(until))
        found += [(exchange.clock.now(), text) for text in texts[seen:]]
        seen = len(texts)
    return found


def test_a_search_is_answered_with_the_latest_answer_that_had_arrived(tmp_path: Path) -> None:
    exchange = play(
        tmp_path,
        [hits("09:00:10", "000010"), hits("09:00:20", "000020", "000010"), hits("09:00:30"),
         hits("09:00:20", "000030", seq=3)],
    )  # fmt: skip
    said = [searched(exchange)]
    for clock in ("09:00:09", "09:00:10", "09:00:19", "09:00:20", "09:00:29", "09:00:30"):
        pass_time(exchange, clock)
        said.append(searched(exchange))
    first, both = ["000010"], ["000020", "000010"]
    assert said == [NOT_RECORDED, NOT_RECORDED, first, first, both, both, "MCA05918"]
    assert searched(exchange, 3) == ["000030"]
    assert searched(exchange, 1) == NOT_RECORDED


def test_an_answer_serves_a_minute_and_is_then_none(tmp_path: Path) -> None:
    exchange = play(tmp_path, [hits("09:00:10", "000010")])
    pass_time(exchange, "09:01:10")
    assert searched(exchange) == ["000010"]
    assert price_of(exchange) == 10_400
    pass_time(exchange, "09:01:11")
    assert searched(exchange) == NOT_RECORDED
    assert price_of(exchange) == NOT_RECORDED


def test_names_are_those_of_the_recording_with_their_limits_and_kinds(tmp_path: Path) -> None:
    known = Name(at("09:00:05"), "000020", "아이티에프", Market.KOSDAQ, Kind.ETF)
    exchange = play(tmp_path, [hits("09:00:10", "000010", "000020"), known])
    one, two = exchange.market.listings
    assert (one.code, one.market, one.kind) == ("000010", Market.KOSPI, Kind.STOCK)
    assert (two.name, two.market, two.kind) == ("아이티에프", Market.KOSDAQ, Kind.ETF)
    assert (one.base, one.lower, one.upper) == (10_000, 7_000, 13_000)
    pass_time(exchange, "09:00:10")
    assert price_of(exchange, "000030") == NOT_RECORDED


def test_many_prices_are_those_of_the_names_that_are_known(tmp_path: Path) -> None:
    exchange = play(tmp_path, [hits("09:00:10", "000010")])
    pass_time(exchange, "09:00:10")
    client = client_of(exchange)

    def multi(*codes: str) -> Any:
        params = {f"FID_COND_MRKT_DIV_CODE_{n}": "J" for n in range(1, len(codes) + 1)}
        params |= {f"FID_INPUT_ISCD_{n}": code for n, code in enumerate(codes, start=1)}
        return client.quote("intstock-multprice", "FHKST11300006", **params)

    [row] = multi("000030", "000010")["output"]
    assert (row["inter_shrn_iscd"], row["inter2_prpr"], row["inter2_oprc"]) == (
        "000010", "10400", "10100"
    )  # fmt: skip
    assert multi("000030")["msg_cd"] == NOT_RECORDED


@pytest.mark.parametrize("feed", ["H0STCNT0", "H0STASP0"])
def test_frames_come_again_as_they_were_when_they_did_to_who_registered(
    tmp_path: Path, feed: str
) -> None:
    frames = real_frames(feed)
    assert len(frames) > 9
    exchange = play(tmp_path, [hits("09:00:00", CODE), *(Frame(*one) for one in frames)])
    ours = listen(exchange, (feed, "000020"), (feed, CODE))
    came: list[tuple[Moment, str]] = []
    seen = len(ours)
    while exchange.clock.now() < at("09:05"):
        exchange.step(at("09:05"))
        came += [(exchange.clock.now(), text) for text in ours[seen:]]
        seen = len(ours)
    assert came == frames


def test_prices_are_those_of_the_trades_heard_so_far(tmp_path: Path) -> None:
    frames = real_frames("H0STCNT0")
    watched = Registered(at("09:00:00"), "H0STCNT0", CODE, on=True)
    exchange = play(
        tmp_path,
        [hits("09:00:00", CODE), watched, *(Frame(*one) for one in frames),
         Stream(at("09:10:00"), up=False, since=at("09:09:30"))],
    )  # fmt: skip
    beside = make_exchange(at="09:00")
    for clock in ("09:01", "09:03", "09:05", "09:09"):
        pass_time(exchange, clock)
        pass_time(beside, min(clock, "09:05"))
        ours, theirs = (one.venue.floor.state(CODE) for one in (exchange, beside))
        names = ("price", "open", "high", "low", "volume", "value")
        assert [getattr(ours, one) for one in names] == [getattr(theirs, one) for one in names]
        assert price_of(exchange) == theirs.price
    pass_time(exchange, "09:10:01")
    assert price_of(exchange) == NOT_RECORDED


def test_an_order_meets_the_trades_of_the_recording(tmp_path: Path) -> None:
    frames = real_frames("H0STCNT0", until="09:20")
    exchange = play(tmp_path, [hits("09:00:00", CODE), *(Frame(*one) for one in frames)])
    pass_time(exchange, "09:01")
    client = client_of(exchange)
    book = exchange.venue.floor.shown(CODE)
    ask, bid = (book.against(side)[0].price for side in (Side.BUY, Side.SELL))
    client.order("buy", CODE, 1)
    low = client.order("buy", CODE, 1, bid - 50)
    assert low["rt_cd"] == "0"
    pass_time(exchange, "09:20")
    rows = {row["ord_qty"] + row["ord_unpr"]: row for row in client.executions()["output1"]}
    prices = [int(one[2]) for text in frames for one in records([text[1]], "H0STCNT0")]
    assert int(rows["10"]["avg_prvs"].split(".")[0]) == ask
    filled = int(rows[f"1{bid - 50}"]["tot_ccld_qty"])
    assert filled == (min(prices[5:]) < bid - 50)


def test_shares_that_were_there_for_an_order_then_are_there_for_one_at_that_moment(
    tmp_path: Path,
) -> None:
    quiet = Registered(at("09:00:00"), "H0STCNT0", CODE, on=False)
    exchange = play(
        tmp_path,
        [hits("09:00:10", CODE), quiet, Traded(at("09:00:20"), CODE, Side.BUY, 10_410, 5),
         Traded(at("09:00:20"), CODE, Side.BUY, 10_420, 7)],
    )  # fmt: skip
    pass_time(exchange, "09:00:19")
    client = client_of(exchange)
    client.order("buy", CODE, 8)
    pass_time(exchange, "09:00:22")
    client.order("buy", CODE, 1)
    pass_time(exchange, "09:00:40")
    fills = [(one.quantity, one.price) for one in exchange._accounts[0].fills]
    assert fills == [(5, 10_410), (3, 10_420)]


def test_what_nobody_recorded_is_not_made_up(tmp_path: Path) -> None:
    exchange = play(tmp_path, [hits("09:00:10", CODE)])
    pass_time(exchange, "09:00:10")
    client = client_of(exchange)
    charts = client.quote(
        "inquire-daily-itemchartprice", "FHKST03010100", FID_COND_MRKT_DIV_CODE="J",
        FID_INPUT_ISCD=CODE, FID_INPUT_DATE_1="20240101", FID_INPUT_DATE_2="20240304",
        FID_PERIOD_DIV_CODE="D", FID_ORG_ADJ_PRC="1",
    )  # fmt: skip
    assert charts["msg_cd"] == NOT_RECORDED
    index = client.quote(
        "inquire-index-price", "FHPUP02100000", FID_COND_MRKT_DIV_CODE="U", FID_INPUT_ISCD="0001"
    )
    assert index["rt_cd"] != "0"
    assert client.balance()["rt_cd"] == "0"
    assert client.power(CODE)["rt_cd"] == "0"


def test_a_chart_is_answered_as_it_was_page_by_page(tmp_path: Path) -> None:
    name = "domestic_stock.inquire_daily_itemchartprice"
    params = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": CODE,
              "FID_INPUT_DATE_1": "20240101", "FID_INPUT_DATE_2": "20240304",
              "FID_PERIOD_DIV_CODE": "D", "FID_ORG_ADJ_PRC": "1"}  # fmt: skip
    one = Answer(at("09:00:01"), name, params, False, 200, True, {"rt_cd": "0", "output2": [1]})
    two = Answer(at("09:00:02"), name, params, True, 200, False, {"rt_cd": "0", "output2": [2]})
    exchange = play(tmp_path, [hits("09:00:00", CODE), one, two])
    pass_time(exchange, "15:00")
    client = client_of(exchange)
    path = "inquire-daily-itemchartprice"
    assert client.quote(path, "FHKST03010100", **params)["output2"] == [1]
    assert client.tr_cont == "M"
    further = client.raw(
        "GET", f"/uapi/domestic-stock/v1/quotations/{path}", "FHKST03010100", "N", **params
    )
    assert further["output2"] == [2]
    assert client.tr_cont == ""


def test_the_day_after_is_played_where_it_was_recorded_and_else_there_is_none(
    tmp_path: Path,
) -> None:
    exchange = play(tmp_path, [hits("09:00:10", CODE)])
    with pytest.raises(DataError, match="not recorded"):
        exchange.next_day()
    after = krx().next_session(DAY)
    moved = hits("09:00:10", CODE, "000020")
    moved = Answer(moved.at + (after - DAY).days * 86_400 * SECOND, *_rest(moved))
    out = Writer(tmp_path, "live", Bounds(20, 10**9), free=lambda _: 10**12)
    out.add(moved)
    out.close()
    exchange.next_day()
    assert exchange.day == after
    assert len(exchange.market.listings) == 2
    assert searched(exchange) == NOT_RECORDED


def _rest(one: Answer) -> tuple[Any, ...]:
    return one.endpoint, one.params, one.next_page, one.status, one.more, one.body


def test_an_empty_folder_is_no_recorded_day(tmp_path: Path) -> None:
    folder = tmp_path / "live" / f"{DAY}"
    folder.mkdir(parents=True)
    with pytest.raises(DataError, match="nothing is recorded"):
        RecordedSource(folder)
    with pytest.raises(DataError, match="not the folder"):
        RecordedSource(tmp_path)


def test_frames_that_cannot_be_read_harm_nobody(tmp_path: Path) -> None:
    texts = ["", "|", "0|H0STCNT0|x|a", "0|H0STCNT0|000|a",
             f"0|H0STCNT0|{'9' * 5_000}|a", "0|H0STCNT0|002|a^b^c",
             "0|NOWHERE|001|a", f"0|H0STCNT0|001|{CODE}", f"0|H0STASP0|001|{CODE}^^^^",
             "1|H0STCNI0|001|xyz"]  # fmt: skip
    frames = [Frame(at("09:00:11") + n, text) for n, text in enumerate(texts)]
    exchange = play(tmp_path, [hits("09:00:10", CODE), *frames])
    heard = listen(exchange, ("H0STCNT0", CODE), ("H0STCNI0", "simtrader"))
    pass_time(exchange, "09:01")
    assert [json.loads(text)["body"]["rt_cd"] for text in heard if text[0] == "{"] == ["0", "0"]
    assert price_of(exchange) == 10_400
    assert exchange.venue.now - at("09:00") == timedelta(minutes=1) // timedelta(microseconds=1)
