"""Data frames of the WebSocket: trades, order book, expected prices, VIs and halts.

Layouts grew over the years; which one is sent follows from the day. Sources: KIS portal workbook
of 2026-06-03 for the columns, recorded frames for what was appended to them and when.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice

from maemae.exchange.auctions import Expected
from maemae.exchange.depth import LEVELS, Depth, Level
from maemae.exchange.listing import Listing
from maemae.exchange.moment import Moment, clock_text, day_text
from maemae.exchange.protocol.numbers import change_rate, plain_sign, rate, sign
from maemae.exchange.replay import DayMarket, Point
from maemae.exchange.tape import Tape
from maemae.exchange.trades import Print, prints

TRADES, BOOK = "H0STCNT0", "H0STASP0"
TRADES_OF_ALL = "H0UNCNT0"
"""Trades of KRX and NXT together (통합), in the columns of KRX's; nothing trades on NXT here."""
EXPECTED, STATUS = "H0STANC0", "H0STMKO0"
"""Expected prices of auctions (예상체결) and VIs and halts (장운영정보); real server only."""

MARKET_CLASS_FROM = date(2026, 9, 14)
"""Since the after-market both frames end in the session they belong to."""
MID_PRICE_FROM = date(2025, 3, 4)
"""Since then the book carries mid price, its quantity and side."""

_SUM = ""
"""Stands for a column of `_sums`."""
_REGULAR, _AFTER_MARKET = "2", "3"
REGULAR_CLASS, AFTER_MARKET_CLASS = "20", "30"
"""Class of the market's operation (신 장운영 구분 코드): in session; the sessions after it."""
_EXPECTED_COLUMNS, _SHARES, _VOLUME, _SESSION, _HOUR_CLASS = 45, 12, 13, 34, 43
_OF_THE_DAY = (*range(6, 10), *range(13, 33))
"""Columns of H0STANC0 that are nothing before the day's first trade."""


def data_frame(tr_id: str, records: list[list[str]], *, encrypted: str = "") -> str:
    """Return a frame: records follow one another without a separator of their own."""
    if encrypted:
        return f"1|{tr_id}|{len(records):03d}|{encrypted}"
    payload = "^".join(field for record in records for field in record)
    return f"0|{tr_id}|{len(records):03d}|{payload}"


def trade_records(
    market: DayMarket, row: int, point: Point, depth: Depth, tape: Tape
) -> list[list[str]]:
    """Return the trades of a point, each as the 46 columns of H0STCNT0."""
    whole = trade_record(market, row, point, depth, tape)
    *before, last = parts(market, row, point)
    found = []
    for part in before:
        record = whole.copy()
        for column, field in _sums(market, row, point, tape, part).items():
            record[column] = str(field)
        found.append(record)
    whole[_SHARES] = str(last.shares)
    return [*found, whole]


def parts(market: DayMarket, row: int, point: Point) -> list[Print]:
    """Return the trades that a point consists of."""
    return [*prints(point.volume, point.trades, market.seed, row, point.index)]


def latest(
    market: DayMarket, row: int, points: Sequence[Point], count: int
) -> Iterator[tuple[Point, Print]]:
    """Return the latest trades of some points, the latest first, each with its point."""
    every = (
        (point, part) for point in reversed(points) for part in reversed(parts(market, row, point))
    )
    return islice(every, count)


def trade_record(market: DayMarket, row: int, point: Point, depth: Depth, tape: Tape) -> list[str]:
    """Return a point as one trade, in the 46 columns of H0STCNT0."""
    listing, at = market.listings[row], min(point.index, market.last_index)
    first = int(tape.high[0])
    high, low = int(tape.high[at]), int(tape.low[at])
    asks, bids = depth.asks, depth.bids
    fields: list[object] = [
        listing.code,
        clock_text(point.at),
        point.price,
        *_change(listing, point.price),
        _SUM,
        first,
        high,
        low,
        asks[0].price if asks else 0,
        bids[0].price if bids else 0,
        *(_SUM,) * 9,
        "1" if point.bought else "5",
        *(_SUM,) * 2,
        *_against(tape, 0, point.price, first),
        *_against(tape, int(tape.high_at[at]), point.price, high),
        *_against(tape, int(tape.low_at[at]), point.price, low),
        day_text(point.at),
        REGULAR_CLASS,
        "N",
        asks[0].quantity if asks else 0,
        bids[0].quantity if bids else 0,
        _total(asks),
        _total(bids),
        _SUM,
        listing.previous_volume,
        _SUM,
        "0",
        "",
        market.vi_reference(row, at),
    ]
    whole = Print(point.volume, 0, 0)
    for column, field in _sums(market, row, point, tape, whole).items():
        fields[column] = field
    return [str(field) for field in fields]


def _sums(market: DayMarket, row: int, point: Point, tape: Tape, part: Print) -> dict[int, object]:
    """Return the columns of H0STCNT0 that go on with each trade of a point."""
    listing, at = market.listings[row], min(point.index, market.last_index)
    volume, value = market.totals(row, at)
    volume, value = volume - part.left, value - part.left * point.price
    bought, sold = _sides(tape, point, part, at)
    bought_count, sold_count = int(tape.bought_count[at]), int(tape.sold_count[at])
    if point.bought:
        bought_count -= part.later
    else:
        sold_count -= part.later
    grown = rate(volume, listing.previous_volume)
    return {
        6: f"{value / volume:.2f}",
        _SHARES: part.shares,
        _VOLUME: volume,
        14: value,
        15: sold_count,
        16: bought_count,
        17: bought_count - sold_count,
        18: rate(bought, sold),
        19: sold,
        20: bought,
        22: f"{bought / (bought + sold):.2f}" if bought + sold else "0.00",
        23: grown,
        40: rate(volume, listing.shares),
        42: grown,
    }


def strength(tape: Tape, point: Point, part: Print) -> str:
    """Return 체결강도: shares bought for every hundred sold, up to one of a point's trades."""
    return rate(*_sides(tape, point, part, point.index))


def _sides(tape: Tape, point: Point, part: Print, at: int) -> tuple[int, int]:
    """Return the shares bought and sold up to one of a point's trades."""
    bought, sold = int(tape.bought_sum[at]), int(tape.sold_sum[at])
    return (bought - part.left, sold) if point.bought else (bought, sold - part.left)


def after_market_record(record: list[str], volume: int) -> list[str]:
    """Return a trade's record with the day's volume and the session of the after-market.

    Its highs, lows and sums stay those of the regular session.
    """
    changed = list(record)
    changed[_VOLUME], changed[_SESSION] = str(volume), AFTER_MARKET_CLASS
    return changed


def expected_record(
    market: DayMarket, row: int, at: Moment, now: Expected, *, depth: Depth, tape: Tape
) -> list[str]:
    """Return an auction's expected price as the 45 columns of H0STANC0.

    They are those of a trade but for the last; prices and sums of the day stay as they are.
    """
    index = market.index(row, at)
    point = Point(max(0, index), at, now.price, now.quantity, bought=True)
    record = trade_record(market, row, point, depth, tape)[:_EXPECTED_COLUMNS]
    record[_HOUR_CLASS] = now.phase
    if not market.state(row, at).traded:
        for column in _OF_THE_DAY:
            record[column] = "0"
    return record


def status_record(code: str, *, is_vi: bool, begins: bool) -> list[str]:
    """Return the start or end of a VI or a halt as the 11 columns of H0STMKO0."""
    halted = begins and not is_vi
    state = "58" if halted else "55"
    mark = "Y" if begins and is_vi else "N"
    return [code, "Y" if halted else "N", "(null)", "", "311", "", "", state, mark, "N", "1"]


def as_of(
    record: list[str], tr_id: str, depth: Depth, day: date, *, after_market: bool = False
) -> list[str]:
    """Return a record with the columns that a day's layout has behind the documented ones.

    Trades have 47 columns since 2026-09-14; books 62 since 2025-03-04 and 63 since 2026-09-14.
    """
    more: list[object] = []
    if tr_id == BOOK and day >= MID_PRICE_FROM:
        more += [depth.middle or 0, 0, 0]
    if day >= MARKET_CLASS_FROM and tr_id in (TRADES, TRADES_OF_ALL, BOOK):
        more.append(_AFTER_MARKET if after_market else _REGULAR)
    return [*record, *(str(field) for field in more)]


def book_record(
    listing: Listing, at: Moment, depth: Depth, volume: int, expected: Expected | None = None
) -> list[str]:
    """Return a book as the 59 columns of H0STASP0.

    Args:
        listing: the instrument.
        at: when.
        depth: the book.
        volume: shares traded so far today.
        expected: in an auction, what it would give; outside one the expected price is 0.
    """
    price = expected.price if expected else 0
    quantity = expected.quantity if expected else 0
    mark = sign(price, listing.base, listing.lower, listing.upper) if expected else "5"
    fields: list[object] = [
        listing.code,
        clock_text(at),
        expected.phase if expected else "0",
        *_column(depth.asks, "price"),
        *_column(depth.bids, "price"),
        *_column(depth.asks, "quantity"),
        *_column(depth.bids, "quantity"),
        _total(depth.asks),
        _total(depth.bids),
        *("0",) * 2,
        price,
        quantity,
        quantity,
        price - listing.base,
        mark,
        change_rate(price, listing.base),
        volume,
        *("0",) * 5,
    ]
    return [str(field) for field in fields]


def _change(listing: Listing, price: int) -> tuple[object, ...]:
    mark = sign(price, listing.base, listing.lower, listing.upper)
    return mark, price - listing.base, change_rate(price, listing.base)


def _against(tape: Tape, index: int, price: int, other: int) -> tuple[object, ...]:
    return clock_text(tape.at(index)), plain_sign(price, other), price - other


def _column(levels: list[Level], name: str) -> list[int]:
    values: list[int] = [getattr(level, name) for level in levels]
    return values + [0] * (LEVELS - len(values))


def _total(levels: list[Level]) -> int:
    return sum(level.quantity for level in levels)
