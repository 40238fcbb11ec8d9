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
from maemae.kis.events import Tick
from maemae.kis.frames import FrameError
from maemae.kis.saved import READERS, decode_lines, decode_reply, read_saved_reply

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
        rows = decode_reply(endpoint, body)
        assert bool(rows) == says_something(body), path.name
        decoded += 1
        if endpoint.id in READERS:
            typed.add(endpoint.id)
    assert decoded >= 97
    assert len(typed) >= 18


def test_documented_values_come_out_right(shared: Path) -> None:
    [quote] = decode_reply(*example(shared, "inquire-price"))
    assert (quote.code, quote.price, quote.upper) == ("000660", 128500, 167000)
    hit = decode_reply(*example(shared, "psearch-result"))[0]
    assert (hit.code, hit.price, hit.change_rate) == ("000120", 138600, Decimal("0.0000"))
    [balance] = decode_reply(*example(shared, "inquire-balance"))
    assert (balance.cash, balance.holdings[0].average_price) == (346455, Decimal("135440.2517"))
    [info] = decode_reply(*example(shared, "search-stock-info"))
    assert (info.code, info.name, info.listed) == ("000660", "SK하이닉스", date(1996, 12, 26))
    bar = decode_reply(*example(shared, "inquire-daily-itemchartprice"))[0]
    assert (bar.at, bar.close, bar.volume) == (date(2022, 5, 9), 107500, 2203472)
    warrant = decode_reply(*example(shared, "inquire-period-trade-profit"))[0]
    assert warrant.code == "J2552221D"


def test_extra_fields_never_break_and_missing_ones_are_named() -> None:
    endpoint = catalogue.rest("domestic_stock.inquire_price")
    row = {"stck_shrn_iscd": "005930", "STCK_PRPR": "71900", "new field": "x"}
    [quote] = decode_reply(endpoint, {"rt_cd": "0", "output": row, "output9": [{"a": "b"}]})
    assert quote.price == 71900
    del row["STCK_PRPR"]
    with pytest.raises(KisUnreadable, match=r"inquire_price.*stck_prpr"):
        decode_reply(endpoint, {"rt_cd": "0", "output": row})


def test_a_saved_refusal_is_a_refusal() -> None:
    endpoint = catalogue.rest("domestic_stock.inquire_price")
    with pytest.raises(KisRefused, match="EGW00201"):
        decode_reply(endpoint, {"rt_cd": "1", "msg_cd": "EGW00201", "msg1": "초당 거래건수"})
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
