import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.kis.broker import acknowledge, encrypt, notice, tick, tick_frame

from maemae import catalogue
from maemae.clock import KST
from maemae.errors import KisRefused, KisUnreadable
from maemae.kis.events import Record, Tick
from maemae.kis.frames import FrameError
from maemae.kis.saved import READERS, Elsewhere, decode_lines, decode_reply, read_saved_reply

NOW = datetime(2022, 6, 2, 9, 33, 55, tzinfo=KST)


def example(shared: Path, name: str) -> tuple[catalogue.RestEndpoint, dict[str, Any]]:
    content = (shared / "kis" / "examples" / f"{name}__1.json").read_bytes()
    told = json.loads(content)
    found = [
        endpoint
        for endpoint in catalogue.by_path(told["endpoint"])
        if any(tr.id in (told["tr_id"] or "") for tr in endpoint.tr_ids.get("real", ()))
    ]
    return (found or list(catalogue.by_path(told["endpoint"])))[0], read_saved_reply(content)


def says_something(body: dict[str, Any]) -> bool:
    """Tell whether an answer has any value besides its envelope; some portal examples have none."""
    envelope = ("rt_cd", "msg_cd", "msg1")
    return any(
        value.strip() if isinstance(value, str) else value
        for name, part in body.items()
        if name not in envelope and not name.startswith("ctx_area")
        for row in (part if isinstance(part, list) else [part])
        for value in (row.values() if isinstance(row, dict) else [row])
    )


def test_every_documented_reply_decodes(shared: Path) -> None:
    typed = set()
    decoded = 0
    for path in sorted((shared / "kis" / "examples").glob("*.json")):
        if path.name.startswith("ws-"):
            continue
        endpoint, body = example(shared, path.name.removesuffix("__1.json"))
        rows = decode_reply(endpoint, body).rows
        assert bool(rows) == says_something(body), path.name
        decoded += 1
        if endpoint.id in READERS:
            typed.add(endpoint.id)
    assert decoded >= 97
    assert len(typed) >= 18


def test_documented_values_come_out_right(shared: Path) -> None:
    [quote] = decode_reply(*example(shared, "inquire-price")).rows
    assert (quote.code, quote.price, quote.upper) == ("000660", 128500, 167000)
    hit = decode_reply(*example(shared, "psearch-result")).rows[0]
    assert (hit.code, hit.price, hit.change_rate) == ("000120", 138600, Decimal("0.0000"))
    [balance] = decode_reply(*example(shared, "inquire-balance")).rows
    assert (balance.cash, balance.holdings[0].average_price) == (346455, Decimal("135440.2517"))
    [info] = decode_reply(*example(shared, "search-stock-info")).rows
    assert (info.code, info.name, info.listed) == ("000660", "SK하이닉스", date(1996, 12, 26))
    bar = decode_reply(*example(shared, "inquire-daily-itemchartprice")).rows[0]
    assert (bar.at, bar.close, bar.volume) == (date(2022, 5, 9), 107500, 2203472)
    warrant = decode_reply(*example(shared, "inquire-period-trade-profit")).rows[0]
    assert warrant.code == "J2552221D"


def test_extra_fields_never_break_and_missing_ones_are_named() -> None:
    endpoint = catalogue.rest("domestic_stock.inquire_price")
    row = {"stck_shrn_iscd": "005930", "STCK_PRPR": "71900", "new field": "x"}
    [quote] = decode_reply(endpoint, {"rt_cd": "0", "output": row, "output9": [{"a": "b"}]}).rows
    assert quote.price == 71900
    del row["STCK_PRPR"]
    partial = decode_reply(endpoint, {"rt_cd": "0", "output": row})
    assert partial.rows == [{"block": "output", "stck_shrn_iscd": "005930", "new field": "x"}]
    assert "stck_prpr" in partial.missing[-1]
    assert not partial.whole


def test_a_saved_refusal_is_a_refusal() -> None:
    endpoint = catalogue.rest("domestic_stock.inquire_price")
    with pytest.raises(KisRefused, match="EGW00201"):
        decode_reply(endpoint, {"rt_cd": "1", "msg_cd": "EGW00201", "msg1": "초당 거래건수"})
    token = {"error_code": "EGW00133", "error_description": "접근토큰 발급 잠시 후 다시 시도하세요"}
    with pytest.raises(KisRefused, match="EGW00133"):
        decode_reply(catalogue.rest("auth.auth_token"), token)
    with pytest.raises(KisUnreadable, match="no output"):
        decode_reply(catalogue.rest("domestic_stock.market_cap"), {"rt_cd": "0"})


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff"])
def test_what_is_no_reply_is_refused(content: bytes) -> None:
    with pytest.raises(KisUnreadable):
        read_saved_reply(content)


def test_saved_frames_use_the_keys_of_the_acknowledgements_before_them() -> None:
    message = {
        "header": {"tr_type": "1"},
        "body": {"input": {"tr_id": "H0STCNI0", "tr_key": "tester"}},
    }
    lines = [
        f"1|H0STCNI0|001|{encrypt(notice())}",
        json.dumps(acknowledge(message)),
        "",
        '{"header":{"tr_id":"PINGPONG","datetime":"20230502221924"}}',
        f"1|H0STCNI0|001|{encrypt(notice())}",
        tick_frame(tick(), tick(price=72000)),
        "rubbish",
    ]
    found = list(decode_lines(iter(lines), "12345678-01", NOW))
    assert [(number, type(event).__name__) for number, event in found] == [
        (1, "FrameError"),
        (2, "Ack"),
        (5, "Notice"),
        (6, "Tick"),
        (6, "Tick"),
        (7, "FrameError"),
    ]
    assert isinstance(found[4][1], Tick)
    assert isinstance(found[0][1], FrameError)


def test_every_field_is_shown_where_it_is_asked_for(shared: Path) -> None:
    for name in ("inquire-price", "inquire-balance", "psearch-result", "inquire-psbl-order"):
        endpoint, body = example(shared, name)
        rows = decode_reply(endpoint, body, every_field=True).rows
        shown = {field for row in rows for field in row}
        parts = [part for part in body.values() if isinstance(part, dict | list)]
        told = [row for part in parts for row in (part if isinstance(part, list) else [part])]
        assert {field.lower() for row in told for field in row} <= shown


def test_decrypted_notices_are_taken_as_logs_have_them() -> None:
    lines = [
        f"1|H0STCNI0|001|{notice()}",
        f"2026-06-02 09:31:00 INFO recv 0|H0STCNI0|001|{notice()}",
        notice(),
        f"09:31 <- {tick_frame(tick())}",
    ]
    found = list(decode_lines(iter(lines), "", NOW))
    assert [type(event).__name__ for _, event in found] == ["Notice"] * 3 + ["Tick"]


def test_no_record_is_dropped_in_silence() -> None:
    other = "^".join(["tester", "9999999901", *notice().split("^")[2:]])
    frame = f"0|H0STCNI0|002|{notice()}^{other}"
    mine, left = (event for _, event in decode_lines(iter([frame]), "12345678-01", NOW))
    assert type(mine).__name__ == "Notice"
    assert left == Elsewhere(1)
    assert len(list(decode_lines(iter([frame]), "", NOW))) == 2


@pytest.mark.parametrize("tr_id", ["H0EWCNT0", "H0EWASP0", "H0EWANC0"])
def test_the_feeds_of_warrants_are_known(tr_id: str) -> None:
    feed = catalogue.stream_by_tr_id(tr_id)
    assert feed is not None
    frame = f"0|{tr_id}|001|" + "^".join(["57LA24", *map(str, range(1, len(feed.columns)))])
    [(_, record)] = decode_lines(iter([frame]), "", NOW)
    assert isinstance(record, Record)
    assert record.values["MKSC_SHRN_ISCD"] == "57LA24"
    assert len(record.values) == len(feed.columns)
