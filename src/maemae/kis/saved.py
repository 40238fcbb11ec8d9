"""Decoding replies and frames that somebody saved: the first tool of who debugs a broker."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from maemae.catalogue import CodeKind, RestEndpoint
from maemae.errors import KisUnreadable
from maemae.kis.account_rows import (
    read_assets,
    read_balance,
    read_buying_power,
    read_open_order,
    read_order,
    read_profit,
    read_sellable,
)
from maemae.kis.advice import refusal
from maemae.kis.crypto import Keys
from maemae.kis.decoding import decode_frame
from maemae.kis.events import StreamEvent
from maemae.kis.frames import FrameError
from maemae.kis.history import (
    read_daily_bar,
    read_market_day,
    read_minute_bar,
    read_ranked,
    read_stock_info,
)
from maemae.kis.messages import Ack, read_message
from maemae.kis.pages import Pages, collect
from maemae.kis.quotes import read_book, read_hit, read_multis, read_quote, read_title
from maemae.kis.reply import Reply, Row, each, lower_keys

Reader = Callable[[str, Pages], Sequence[Any]]


def _each(read: Callable[[Row], Any], *blocks: str) -> Reader:
    return lambda where, found: [read(row) for row in each(where, found.rows(*blocks))]


def _one(read: Callable[[Row], Any], *blocks: str) -> Reader:
    return lambda where, found: [read(Row(where, found.last(*blocks)))]


READERS: Mapping[str, Reader] = {
    f"domestic_stock.{name}": reader
    for name, reader in {
        "psearch_title": _each(read_title, "output2", "output"),
        "psearch_result": _each(read_hit, "output2", "output"),
        "inquire_price": _one(read_quote, "output"),
        "intstock_multprice": lambda where, found: read_multis(
            where, found.rows("output", "output1")
        ),
        "inquire_asking_price_exp_ccn": lambda where, found: [
            read_book(Row(where, found.last("output1")), Row(where, found.last("output2")))
        ],
        "inquire_psbl_order": _one(read_buying_power, "output"),
        "inquire_psbl_sell": _one(read_sellable, "output", "output1"),
        "inquire_psbl_rvsecncl": _each(read_open_order, "output", "output1"),
        "inquire_balance": lambda where, found: [read_balance(where, found)],
        "inquire_daily_ccld": _each(read_order, "output1"),
        "inquire_period_profit": _each(read_profit, "output1"),
        "inquire_period_trade_profit": _each(read_profit, "output1"),
        "inquire_account_balance": _one(read_assets, "output2"),
        "inquire_daily_itemchartprice": _each(read_daily_bar, "output2"),
        "inquire_time_itemchartprice": _each(read_minute_bar, "output2"),
        "inquire_time_dailychartprice": _each(read_minute_bar, "output2"),
        "search_stock_info": _one(read_stock_info, "output"),
        "chk_holiday": _each(read_market_day, "output"),
        "volume_rank": _each(lambda row: read_ranked(row, "mksc_shrn_iscd"), "output"),
        "fluctuation": _each(lambda row: read_ranked(row, "stck_shrn_iscd"), "output"),
    }.items()
}
"""The endpoints with a typed operation, and how their rows become records."""


def decode_reply(endpoint: RestEndpoint, body: Mapping[str, Any]) -> Sequence[Any]:
    """Decode a reply's body into records, or into rows where there is no typed operation.

    Raises:
        WireError: the reply is a refusal, or is not readable.
    """
    reply = Reply(200, lower_keys(body))
    if reply.refused and "rt_cd" in reply.body:
        if reply.kind is CodeKind.EMPTY_SEARCH and endpoint.id.endswith("psearch_result"):
            return []
        raise refusal(endpoint.id, reply.code, reply.reason)
    found = collect(reply)
    if endpoint.id in READERS:
        return READERS[endpoint.id](endpoint.id, found)
    return generic_rows(endpoint, found)


def generic_rows(endpoint: RestEndpoint, found: Pages) -> list[dict[str, Any]]:
    """Return the rows of all blocks, each with the name of its block.

    Raises:
        KisUnreadable: there is nothing in the answer that could be a row.
    """
    if not found.blocks:
        raise KisUnreadable(f"{endpoint.id}: the answer has no output")
    return [
        ({"block": name} if name else {}) | row
        for name, block in found.blocks.items()
        for row in block
    ]


def read_saved_reply(content: bytes) -> dict[str, Any]:
    """Read a saved reply: the body alone, or an object that carries it as `body`.

    Raises:
        KisUnreadable: it is neither.
    """
    try:
        saved = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise KisUnreadable(f"not JSON: {error}") from None
    if isinstance(saved, dict) and isinstance(saved.get("body"), dict) and "rt_cd" not in saved:
        saved = saved["body"]
    if not isinstance(saved, dict):
        raise KisUnreadable("JSON, but no object")
    return saved


def decode_lines(
    lines: Iterator[str], account: str, now: datetime
) -> Iterator[tuple[int, StreamEvent | Ack | FrameError]]:
    """Decode saved WebSocket messages, one a line.

    Keys are taken from acknowledgements among the lines; blank lines and PINGPONG yield nothing.

    Yields:
        The line's number, and what it is.
    """
    keys: Keys | None = None
    for number, line in enumerate(lines, start=1):
        text = line.strip("\r\n")
        if not text.strip():
            continue
        try:
            if text[:1] in ("0", "1"):
                for event in decode_frame(text, keys=keys, account=account, now=now).events:
                    yield number, event
                continue
            ack = read_message(text)
            if isinstance(ack, Ack):
                keys = Keys(ack.key, ack.iv) if ack.key and ack.iv else keys
                yield number, ack
        except FrameError as error:
            yield number, error
        except ValueError:
            yield number, FrameError("an acknowledgement with unusable keys")
