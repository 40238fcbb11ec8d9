import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kis.broker import IV, KEY, encrypt, notice, tick, tick_frame

from maemae import catalogue
from maemae.clock import KST
from maemae.kis import Book, Feed, Notice, NoticeEvent, OverseasNotice, Record, Tick
from maemae.kis.crypto import Keys
from maemae.kis.decoding import decode_frame
from maemae.kis.events import StreamEvent
from maemae.kis.frames import FrameError
from maemae.market.kinds import Side

NOW = datetime(2022, 6, 2, 9, 33, 55, tzinfo=KST)
KEYS = Keys(KEY, IV)


def decode(text: str, now: datetime = NOW) -> list[StreamEvent]:
    return list(decode_frame(text, keys=KEYS, account="12345678-01", now=now).events)


def notices(*records: str, tr_id: str = "H0STCNI0") -> list[StreamEvent]:
    return decode(f"1|{tr_id}|{len(records):03d}|{encrypt('^'.join(records))}")


@pytest.mark.parametrize("width", [46, 47, 48, 60])
@pytest.mark.parametrize("count", [1, 3, 19, 999])
def test_ticks_of_any_width_and_count_arrive_whole(width: int, count: int) -> None:
    sent = [tick(price=70000 + n, quantity=n, volume=10 * n, width=width) for n in range(count)]
    found = decode(tick_frame(*sent))
    assert [(t.code, t.price, t.quantity, t.volume) for t in found if isinstance(t, Tick)] == [
        ("005930", 70000 + n, n, 10 * n) for n in range(count)
    ]


def test_a_tick_carries_its_own_date_and_both_best_prices() -> None:
    [found] = decode(tick_frame(tick(price=71900)))
    assert found == Tick(
        "005930", 71900, 1, 100, datetime(2022, 6, 2, 9, 33, 54, tzinfo=KST), 71900, 71800
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0|H0STCNT0|001",
        "2|H0STCNT0|001|x",
        "0|H0STCNT0|000|x",
        "0|H0STCNT0|-01|x",
        "0|H0STCNT0|9999|x",
        "0|UNKNOWN0|001|x",
        "0|H0STCNT0|001|005930",
        tick_frame(tick(), tick()).replace("|002|", "|003|"),
        tick_frame(tick(), tick()).replace("|002|", "|001|"),
        tick_frame(tick()).replace("^0" * 10, ""),
        tick_frame(tick(code="")),
        tick_frame(tick(code="삼성전자전자")),
        tick_frame(tick(time="99:00")),
        tick_frame(tick()).replace("71900", "7190x"),
        tick_frame(tick()).replace("71900", "1_0"),
        tick_frame(tick()).replace("20220602", "20221302"),
        "1|H0STCNI0|001|no base64!",
        "1|H0STCNI0|001|" + encrypt("x")[:-4],
        "1|H0STCNI0|001|" + encrypt("x" * 40),
    ],
)
def test_what_cannot_be_understood_is_refused(text: str) -> None:
    with pytest.raises(FrameError):
        decode(text)


def test_a_shifted_record_is_not_taken_for_a_trade() -> None:
    """Cutting 47-field records at 46 makes the time a code and the code a price: never that."""
    fields = tick_frame(tick(width=47), tick(width=47), tick(width=47)).split("|", 3)[3].split("^")
    with pytest.raises(FrameError):
        decode("0|H0STCNT0|003|" + "^".join([*fields[1:], "2"]))


@given(st.text(max_size=300))
def test_any_text_is_an_event_or_a_refusal(text: str) -> None:
    try:
        found = decode(text)
    except FrameError:
        return
    assert found == [] or all(isinstance(event, Record) for event in found)


@given(st.data())
def test_a_damaged_tick_is_right_or_refused(data: st.DataObject) -> None:
    whole = tick_frame(tick(price=71900), tick(price=72000, code="000660"))
    at = data.draw(st.integers(0, len(whole) - 1))
    damage = data.draw(st.sampled_from(["", "^", "|", "\x00", "x", "-", " "]))
    damaged = whole[:at] + damage + whole[at + 1 :]
    try:
        found = decode(damaged)
    except FrameError:
        return
    for event in found:
        assert isinstance(event, Tick | Record)
        if isinstance(event, Tick):
            assert len(event.code) in (6, 7)
            assert event.price is None or event.price >= 0
            assert event.at.year > 1900


def test_an_order_book_leaves_empty_levels_out() -> None:
    fields = ["0"] * 63
    fields[0], fields[1], fields[2] = "005930", "152500", "A"
    fields[3:6] = ["71900", "72000", "72100"]
    fields[23:26] = ["10", "20", "30"]
    fields[13], fields[33] = "71800", "5"
    fields[47], fields[48] = "71850", "100"
    [book] = decode("0|H0STASP0|001|" + "^".join(fields))
    assert isinstance(book, Book)
    assert [level.price for level in book.asks] == [71900, 72000, 72100]
    assert book.bids == ((book.bids[0]),)
    assert (book.bids[0].price, book.bids[0].quantity) == (71800, 5)
    assert (book.expected_price, book.expected_quantity) == (71850, 100)


@pytest.mark.parametrize("width", [22, 23, 26])
@pytest.mark.parametrize("tr_id", ["H0STCNI0", "H0STCNI9", "K0STCNI0", "K0STCNI9"])
def test_fill_notices_in_all_layouts(width: int, tr_id: str) -> None:
    [found] = notices(notice(width), tr_id=tr_id)
    assert found == Notice(
        order_no=4126,
        original_no=None,
        side=Side.BUY,
        code="005930",
        quantity=3,
        price=71900,
        at=datetime(2022, 6, 2, 9, 30, tzinfo=KST),
        event=NoticeEvent.FILLED,
        order_quantity=10,
        kind="00",
        exchange="KRX",
        org_no="00950",
    )


@pytest.mark.parametrize(
    ("state", "event"),
    [
        ({"filled": "1", "stage": "1"}, NoticeEvent.ACCEPTED),
        ({"filled": "1", "stage": "1", "refused": "1"}, NoticeEvent.REFUSED),
        ({"filled": "1", "stage": "2", "change": "1"}, NoticeEvent.AMENDED),
        ({"filled": "1", "stage": "2", "change": "2"}, NoticeEvent.CANCELLED),
        ({"filled": "1", "stage": "1", "change": "2"}, NoticeEvent.ACCEPTED),
        ({"filled": "1", "stage": "3", "condition": "1"}, NoticeEvent.CANCELLED),
        ({"filled": "1", "stage": "3", "condition": "0"}, NoticeEvent.EXPIRED),
        ({"filled": "2", "stage": "2"}, NoticeEvent.FILLED),
    ],
)
@pytest.mark.parametrize("width", [23, 26])
def test_the_states_of_a_notice(state: dict[str, str], event: NoticeEvent, width: int) -> None:
    [found] = notices(notice(width, **state))
    assert isinstance(found, Notice)
    assert found.event is event


def test_a_cancellation_names_the_order_it_is_about() -> None:
    [found] = notices(
        notice(filled="1", stage="2", change="2", order="0000004127", original="0000004126")
    )
    assert isinstance(found, Notice)
    assert (found.order_no, found.original_no) == (4127, 4126)


@pytest.mark.parametrize(
    "wrong",
    [{"filled": "3"}, {"side": "09"}, {"order": ""}, {"code": ""}, {"quantity": "x"}, {"time": ""}],
)
def test_a_notice_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(FrameError):
        notices(notice(**wrong))


def test_notices_of_the_owners_other_accounts_are_left_out() -> None:
    assert notices(notice(acnt="8765432101")) == []
    assert len(notices(notice(), notice(acnt="8765432101"), notice())) == 2


def test_a_notice_around_midnight_gets_the_nearer_date() -> None:
    late = datetime(2022, 6, 3, 0, 0, 5, tzinfo=KST)
    [found] = list(
        decode_frame(
            f"1|H0STCNI0|001|{encrypt(notice(time='235959'))}",
            keys=KEYS,
            account="12345678-01",
            now=late,
        ).events
    )
    assert isinstance(found, Notice)
    assert found.at == datetime(2022, 6, 2, 23, 59, 59, tzinfo=KST)


@pytest.mark.parametrize("width", [21, 24, 25])
@pytest.mark.parametrize(
    ("market", "price"),
    [("6", "148.0100"), ("D", "148010.0"), ("A", "1480.100"), ("4", "1480.100"), ("E", "1480100")],
)
def test_overseas_notices_have_the_decimals_of_their_market(
    width: int, market: str, price: str
) -> None:
    row = ["tester", "12345678", "3567", "", "02", "0", "2", "AAPL", "0000000100", "001480100"]
    row += ["", "0", "2", "2", "", "0000000100", "***", "애플", market, "10", "", "", "", "", ""]
    [found] = notices("^".join(row[:width]), tr_id="H0GSCNI0")
    assert isinstance(found, OverseasNotice)
    assert str(found.price) == price
    assert found.price == Decimal(price)
    assert (found.symbol, found.quantity, found.at) == ("AAPL", 100, None)


def test_the_keys_of_the_wire_are_ascii_bytes() -> None:
    assert KEYS.decrypt(encrypt("체결통보")) == "체결통보"


def test_documented_frames_decode(shared: Path) -> None:
    seen = 0
    for path in sorted((shared / "kis" / "examples").glob("ws-*.json")):
        for line in json.loads(path.read_text(encoding="utf-8"))["body"]:
            if not isinstance(line, str) or line.startswith("{"):
                continue
            if path.stem.startswith(("ws-H0STCNI0", "ws-H0GSCNI0")):
                tr_id = path.stem[3:11]
                account = line.split("^")[1].ljust(10, "0")
                events = decode_frame(
                    f"1|{tr_id}|001|{encrypt(line)}",
                    keys=KEYS,
                    account=f"{account[:8]}-{account[8:]}",
                    now=NOW,
                ).events
            elif catalogue.stream_by_tr_id(line.split("|")[1]) is None:
                continue  # An ELW feed, which the catalogue does not cover.
            else:
                events = decode_frame(line, keys=None, account="12345678-01", now=NOW).events
            assert len(events) >= 1, path.name
            seen += 1
    assert seen >= 13


def test_the_documented_trade_is_read_correctly(shared: Path) -> None:
    path = shared / "kis" / "examples" / "ws-H0STCNT0__1.json"
    frame = json.loads(path.read_text(encoding="utf-8"))["body"][1]
    decoded = decode_frame(frame, keys=None, account="12345678-01", now=NOW)
    (found,) = decoded.events
    assert decoded.surplus == 0
    assert decoded.feed == Feed.TICKS
    assert isinstance(found, Tick)
    assert (found.price, found.quantity, found.volume) == (71900, 1, 3052507)
    assert found.at == datetime(2023, 6, 12, 9, 33, 54, tzinfo=KST)
