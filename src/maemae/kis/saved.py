"""Decoding replies and frames that somebody saved: the first tool of who debugs a broker."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from maemae.catalogue import CodeKind, RestEndpoint
from maemae.errors import KisUnreadable
from maemae.i18n import _
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
from maemae.kis.decoding import Decoded, decode_frame
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


@dataclass(frozen=True)
class Saved:
    """A saved reply: its records, or rows where there are none to be had, and what it lacks."""

    rows: Sequence[Any]
    missing: tuple[str, ...] = ()
    """Documented blocks and fields that are not in it; what a record could not do without last."""
    whole: bool = True
    """Whether everything that its records need is there."""


def decode_reply(
    endpoint: RestEndpoint, body: Mapping[str, Any], *, every_field: bool = False
) -> Saved:
    """Decode a reply's body into records, or into rows where there is no typed operation.

    A reply that lacks what a record needs is told as the rows that it has.

    Args:
        endpoint: whose answer it is.
        body: the answer.
        every_field: rows with every field of the answer, in place of records.

    Raises:
        WireError: the reply is a refusal, or is not readable.
    """
    reply = Reply(200, lower_keys(body))
    if _is_refusal(reply):
        if reply.kind is CodeKind.EMPTY_SEARCH and endpoint.id.endswith("psearch_result"):
            return Saved([])
        raise refusal(endpoint.id, reply.code, reply.reason)
    found = collect(reply)
    missing = _missing(endpoint, found)
    reader = READERS.get(endpoint.id)
    if reader is None or every_field:
        return Saved(generic_rows(endpoint, found), missing)
    try:
        return Saved(reader(endpoint.id, found), missing)
    except KisUnreadable as error:
        rows = generic_rows(endpoint, found)
        return Saved(rows, (*missing, str(error)), whole=False)


def _is_refusal(reply: Reply) -> bool:
    """Tell whether a saved answer is a no; one that was saved without its verdict may be a yes.

    Token endpoints give none: their refusals have an `error_code`.
    """
    if "rt_cd" in reply.body or "error_code" in reply.body:
        return reply.refused
    return reply.kind not in (None, CodeKind.SUCCESS)


def _missing(endpoint: RestEndpoint, found: Pages) -> tuple[str, ...]:
    """Return the documented blocks and fields that no row of an answer has.

    Where the answer names a block otherwise than the documents do, it is that block all the same.
    """
    lacking: list[str] = []
    for block in endpoint.blocks:
        other = {"output1": "output", "output": "output1"}.get(block.name, block.name)
        name = next((one for one in (block.name, other, "") if one in found.blocks), None)
        if name is None:
            lacking.append(block.name)
            continue
        names = {key.lower() for row in found.blocks[name] for key in row}
        fields = (one.name.lower() for one in block.fields)
        lacking += [f"{name}.{one}".lstrip(".") for one in fields if names and one not in names]
    return tuple(lacking)


def generic_rows(endpoint: RestEndpoint, found: Pages) -> list[dict[str, Any]]:
    """Return the rows of all blocks, each with the name of its block.

    Raises:
        KisUnreadable: there is nothing in the answer that could be a row.
    """
    if not found.blocks:
        raise KisUnreadable(_("{id}: the answer has no output").format(id=endpoint.id))
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
        raise KisUnreadable(_("not JSON: {error}").format(error=error)) from None
    if isinstance(saved, dict) and isinstance(saved.get("body"), dict) and "rt_cd" not in saved:
        saved = saved["body"]
    if not isinstance(saved, dict):
        raise KisUnreadable(_("JSON, but no object"))
    return saved


class Elsewhere(msgspec.Struct, frozen=True):
    """Notices of a frame that are of other accounts."""

    notices: int


Line = StreamEvent | Ack | FrameError | Elsewhere


def decode_lines(lines: Iterator[str], account: str, now: datetime) -> Iterator[tuple[int, Line]]:
    """Decode saved WebSocket messages, one a line.

    Keys are taken from acknowledgements among the lines; blank lines and PINGPONG yield nothing.
    What a log writes in front of a message is passed over. Notices are taken decrypted as well,
    with the head of their frame or without.

    Args:
        lines: the messages.
        account: whose notices, `12345678-01`; blank: everybody's.
        now: the time, for records without a date.

    Yields:
        The line's number, and what it is.
    """
    keys: Keys | None = None
    for number, line in enumerate(lines, start=1):
        text = _message(line)
        if not text.strip():
            continue
        try:
            if text[:1] == "{":
                ack = read_message(text)
                if isinstance(ack, Ack):
                    keys = Keys(ack.key, ack.iv) if ack.key and ack.iv else keys
                    yield number, ack
                continue
            found = _frame(text, keys, account, now)
            for event in found.events:
                yield number, event
            if len(found.events) < found.records:
                yield number, Elsewhere(found.records - len(found.events))
        except FrameError as error:
            yield number, error
        except ValueError:
            yield number, FrameError("an acknowledgement with unusable keys")


_HEAD = re.compile(r"[01]\|[0-9A-Z]{8}\|\d{1,3}\|")
_JSON = re.compile(r'\{\s*"header"')
_DOMESTIC, _OVERSEAS = "H0STCNI0", "H0GSCNI0"
_NOTICE_FIELDS = 19


def _message(line: str) -> str:
    """Return the message in a line of a log: from the head of its frame, or its JSON, on."""
    text = line.strip("\r\n")
    found = _HEAD.search(text) or _JSON.search(text)
    return text[found.start() :] if found else text


def _frame(text: str, keys: Keys | None, account: str, now: datetime) -> Decoded:
    """Decode a frame, or a notice that was decrypted already."""
    if _HEAD.match(text) is None and text.count("^") + 1 >= _NOTICE_FIELDS:
        return _bare(text.strip(), account, now)
    flag, _, rest = text.partition("|")
    plain = flag == "1" and "^" in rest
    return decode_frame(f"0|{rest}" if plain else text, keys=keys, account=account, now=now)


def _bare(record: str, account: str, now: datetime) -> Decoded:
    """Decode a notice without a head: a domestic one, or else an overseas one."""
    try:
        return decode_frame(f"0|{_DOMESTIC}|001|{record}", keys=None, account=account, now=now)
    except FrameError:
        return decode_frame(f"0|{_OVERSEAS}|001|{record}", keys=None, account=account, now=now)
