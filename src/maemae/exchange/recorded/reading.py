"""What recorded frames and answers say of instruments."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from maemae.catalogue import stream_by_tr_id
from maemae.exchange.depth import LEVELS, Level
from maemae.exchange.fed.floor import Print
from maemae.exchange.moment import moment
from maemae.market.kinds import Market
from maemae.recordings.entries import Answer, Frame
from maemae.zones import KST

Row = Mapping[str, str]

_PRICE: Final = {
    "code": "stck_shrn_iscd", "price": "stck_prpr", "base": "stck_sdpr", "lower": "stck_llam",
    "upper": "stck_mxpr", "open": "stck_oprc", "high": "stck_hgpr", "low": "stck_lwpr",
    "volume": "acml_vol", "value": "acml_tr_pbmn", "market": "rprs_mrkt_kor_name",
    "vi": "vi_cls_code",
}  # fmt: skip
_MULTI: Final = {
    "code": "inter_shrn_iscd", "name": "inter_kor_isnm", "price": "inter2_prpr",
    "base": "inter2_sdpr", "lower": "inter2_llam", "upper": "inter2_mxpr", "open": "inter2_oprc",
    "high": "inter2_hgpr", "low": "inter2_lwpr", "volume": "acml_vol", "value": "acml_tr_pbmn",
    "market": "kospi_kosdaq_cls_name",
}  # fmt: skip
_HIT: Final = {
    "code": "code", "name": "name", "price": "price", "base": "recprice", "lower": "dnlmtprice",
    "upper": "uplmtprice", "open": "open", "high": "high", "low": "low", "volume": "acml_vol",
    "value": "trade_amt",
}  # fmt: skip
_TICK: Final = {
    "code": "mksc_shrn_iscd", "price": "stck_prpr", "open": "stck_oprc", "high": "stck_hgpr",
    "low": "stck_lwpr", "volume": "acml_vol", "value": "acml_tr_pbmn",
}  # fmt: skip

_ROWS: Final[dict[str, tuple[str, Mapping[str, str]]]] = {
    "domestic_stock.inquire_price": ("output", _PRICE),
    "domestic_stock.intstock_multprice": ("output", _MULTI),
    "domestic_stock.psearch_result": ("output2", _HIT),
}
"""By answer: the block with the rows, and what their fields are called."""
_ORDER_BOOK: Final = "domestic_stock.inquire_asking_price_exp_ccn"
_COUNT: Final = re.compile(r"[0-9]{1,4}")
_NUMBER: Final = re.compile(r"([+-]?[0-9]{1,18})(?:\.[0-9]*)?")
_UP, _DOWN = ("1", "2"), ("4", "5")
_BUYER, _SELLER = "1", "5"


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of an instrument. Won and shares; 0 and blank: not said.

    `asks` and `bids`: its book; None: not said. `vi`: whether it is interrupted; None: not said.
    """

    code: str
    price: int = 0
    base: int = 0
    lower: int = 0
    upper: int = 0
    open: int = 0
    high: int = 0
    low: int = 0
    volume: int = 0
    value: int = 0
    name: str = ""
    market: Market | None = None
    vi: bool | None = None
    asks: Sequence[Level] | None = None
    bids: Sequence[Level] | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """A frame of a feed: its records by column, in order, and as they came."""

    tr_id: str
    rows: Sequence[list[str]]

    @property
    def by_name(self) -> Iterator[Row]:
        """The records with the names of their columns, in small letters."""
        names = _columns(self.tr_id)
        for row in self.rows:
            yield dict(zip(names, row, strict=False))


def records(frame: Frame) -> Records | None:
    """Return the records of a frame; None where it is none that can be read."""
    parts = frame.text.split("|", 3)
    if len(parts) != 4 or parts[0] != "0" or not _COUNT.fullmatch(parts[2]):  # noqa: PLR2004
        return None
    fields, count = parts[3].split("^"), int(parts[2])
    if not count or len(fields) % count or stream_by_tr_id(parts[1]) is None:
        return None
    width = len(fields) // count
    return Records(parts[1], [fields[at : at + width] for at in range(0, len(fields), width)])


def said_by(answer: Answer) -> list[Said]:
    """Return what an answer says of instruments."""
    if answer.endpoint == _ORDER_BOOK:
        book, expected = (_rows(answer.body, name) for name in ("output1", "output2"))
        return [_book_said(book[0], expected[0])] if book and expected else []
    block, fields = _ROWS.get(answer.endpoint, ("", {}))
    return [one for row in _rows(answer.body, block) if (one := _said(row, fields)).code]


def tick_said(row: Row) -> Said:
    """Return what a trade says of the day; the base follows from the change against it."""
    said, change = _said(row, _TICK), abs(_number(row.get("prdy_vrss", "")))
    mark = row.get("prdy_vrss_sign", "")
    base = said.price - change if mark in _UP else said.price + change if mark in _DOWN else 0
    return Said(
        said.code, said.price, base or said.price, open=said.open, high=said.high, low=said.low,
        volume=said.volume, value=said.value,
    )  # fmt: skip


def print_of(row: Row) -> Print | None:
    """Return a trade as a fed floor takes it; None where its time or price is none."""
    try:
        local = datetime.strptime(  # noqa: DTZ007 - the zone is put on it below
            row["bsop_date"] + row["stck_cntg_hour"], "%Y%m%d%H%M%S"
        )
    except (KeyError, ValueError):
        return None
    price = _number(row.get("stck_prpr", ""))
    if price <= 0:
        return None
    best = _level(row, "askp1", "askp_rsqn1"), _level(row, "bidp1", "bidp_rsqn1")
    taker = row.get("ccld_dvsn", "")
    return Print(
        price, _number(row.get("cntg_vol", "")), _number(row.get("acml_vol", "")),
        moment(local.replace(tzinfo=KST)),
        bought=taker == _BUYER if taker in (_BUYER, _SELLER) else None,
        best=None if best == (None, None) else best,
        reference=_number(row.get("vi_stnd_prc", "")),
    )  # fmt: skip


def book_of(row: Row) -> tuple[list[Level], list[Level], bool]:
    """Return the asks and bids of a book's record, and whether an auction runs."""
    asks, bids = (
        [
            level
            for n in range(1, LEVELS + 1)
            if (level := _level(row, f"{side}{n}", f"{side}_rsqn{n}"))
        ]
        for side in ("askp", "bidp")
    )
    return asks, bids, _number(row.get("antc_cnpr", "")) > 0


def _book_said(book: Row, expected: Row) -> Said:
    asks, bids, _auction = book_of(book)
    return Said(
        str(expected.get("stck_shrn_iscd", "")), _number(expected.get("stck_prpr", "")),
        base=_number(expected.get("stck_sdpr", "")), vi=expected.get("vi_cls_code") == "Y",
        asks=asks, bids=bids,
    )  # fmt: skip


def _said(row: Row, fields: Mapping[str, str]) -> Said:
    numbers = {
        name: _number(row.get(field, ""))
        for name, field in fields.items()
        if name not in ("code", "name", "market", "vi")
    }
    where, vi = str(row.get(fields.get("market", ""), "")), row.get(fields.get("vi", ""))
    market = None if not where else _market(where)
    return Said(
        str(row.get(fields["code"], "")).strip(), **numbers,
        name=str(row.get(fields.get("name", ""), "")).strip(), market=market,
        vi=None if vi is None else vi == "Y",
        asks=_best(row, "inter2_askp", "seln_rsqn"), bids=_best(row, "inter2_bidp", "shnu_rsqn"),
    )  # fmt: skip


def _market(text: str) -> Market:
    kosdaq = "코스닥" in text or "KOSDAQ" in text.upper() or "KSQ" in text.upper()
    return Market.KOSDAQ if kosdaq else Market.KOSPI


def _best(row: Row, price: str, quantity: str) -> list[Level] | None:
    if price not in row:
        return None
    level = _level(row, price, quantity)
    return [level] if level else []


def _level(row: Row, price: str, quantity: str) -> Level | None:
    at, shares = _number(row.get(price, "")), _number(row.get(quantity, ""))
    return Level(at, shares) if at > 0 and shares > 0 else None


def _rows(body: Mapping[str, Any], block: str) -> list[Row]:
    found = {name.lower(): value for name, value in body.items()}.get(block)
    rows = found if isinstance(found, list) else [found]
    return [
        {name.lower(): str(value) for name, value in row.items()}
        for row in rows
        if isinstance(row, dict)
    ]


def _number(text: str) -> int:
    """Read a number however it is padded, without what is behind its point; 0 where it is none."""
    found = _NUMBER.fullmatch(text.strip())
    return int(found[1]) if found else 0


@cache
def _columns(tr_id: str) -> tuple[str, ...]:
    feed = stream_by_tr_id(tr_id)
    return () if feed is None else tuple(column.name.lower() for column in feed.columns)
