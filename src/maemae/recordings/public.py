"""What of a day may be kept: the answers that are recorded, and how they lose whose they are.

It is a list of what is kept: whatever else was asked for is left out. Keys, account numbers and the
HTS id are taken out of what is kept once more, wherever they stand.
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec

from maemae.catalogue import CodeKind, by_path, code
from maemae.recordings.entries import Answer

_FRESH: Final = timedelta(seconds=60)

ANSWERS: Final[dict[str, timedelta | None]] = {
    "domestic_stock.psearch_title": None,
    "domestic_stock.psearch_result": _FRESH,
    "domestic_stock.inquire_price": _FRESH,
    "domestic_stock.intstock_multprice": _FRESH,
    "domestic_stock.inquire_asking_price_exp_ccn": _FRESH,
    "domestic_stock.inquire_time_itemchartprice": _FRESH,
    "domestic_stock.inquire_time_dailychartprice": None,
    "domestic_stock.inquire_daily_itemchartprice": None,
    "domestic_stock.search_stock_info": None,
    "domestic_stock.volume_rank": _FRESH,
    "domestic_stock.fluctuation": _FRESH,
}
"""The answers that are recorded, and for how long one may stand for the next; None: the day."""

_OWNER: Final = frozenset({"USER_ID", "CANO", "ACNT_PRDT_CD", "ACNT_NO", "CUST_ID", "ACNT_NAME"})
"""Names of parameters and fields, in capitals, that say whose a question or an answer is."""

_OK: Final = 200
_CODES: Final = frozenset({"code", "stck_shrn_iscd", "mksc_shrn_iscd", "inter_shrn_iscd"})
"""Fields that name an instrument."""

_LEAST: Final = 6
"""Characters of a secret that is looked for inside of other texts; a shorter one is in many."""


def endpoint_of(path: str, tr_id: str) -> str | None:
    """Return which answer of those that are recorded a request is for; None: none of them."""
    for one in by_path(path):
        ids = {tr.id for found in one.tr_ids.values() for tr in found}
        if one.id in ANSWERS and tr_id in ids:
            return one.id
    return None


def plain_params(params: Mapping[str, str]) -> dict[str, str]:
    """Return a question's parameters without whose they are; names in capitals, blanks left out."""
    upper = {name.upper(): value.strip() for name, value in params.items()}
    return {name: upper[name] for name in sorted(upper) if name not in _OWNER and upper[name]}


def plain_answer(answer: Answer, content: bytes, secrets: Collection[str]) -> Answer | None:
    """Return an answer with its body, without whose it is; None where it may not be kept.

    Args:
        answer: without a body.
        content: the body as it came.
        secrets: keys, account numbers, HTS id: they stand nowhere in what is kept.
    """
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(body, dict) or not _answers(answer.status, body):
        return None
    return msgspec.structs.replace(
        answer, params=plain_params(answer.params), body=_plain(body, frozenset(secrets))
    )


def codes_in(body: Mapping[str, Any]) -> list[str]:
    """Return the codes of the instruments that an answer is about."""
    found: list[str] = []
    for block in body.values():
        for row in block if isinstance(block, list) else [block]:
            if isinstance(row, dict):
                found += [str(row[name]) for name in row if name.lower() in _CODES]
    return found


def masker(secrets: Collection[str]) -> Callable[[bytes], bytes]:
    """Return what takes the secrets out of a line, wherever in it they stand alone."""
    long = sorted((one for one in secrets if len(one) >= _LEAST), key=len, reverse=True)
    if not long:
        return lambda line: line
    known = [one.encode() for one in long]
    either = b"|".join(re.escape(one) for one in known)
    found = re.compile(rb"(?<![0-9A-Za-z])(?:" + either + rb")(?![0-9A-Za-z])")

    def mask(line: bytes) -> bytes:
        # Hardly a line has one, and to look for each is much quicker than for all by an expression.
        return found.sub(b"*", line) if any(one in line for one in known) else line

    return mask


def _answers(status: int, body: Mapping[str, Any]) -> bool:
    """Tell whether an answer is one, and not that the question could not be answered."""
    said = {name.lower(): one for name, one in body.items()}
    if status != _OK:
        return False
    if str(said.get("rt_cd", "")) == "0":
        return True
    known = code(str(said.get("msg_cd", "")))
    return known is not None and known.kind is CodeKind.EMPTY_SEARCH


def _plain(value: Any, secrets: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {
            name: "" if str(name).upper() in _OWNER else _plain(one, secrets)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_plain(one, secrets) for one in value]
    return "" if isinstance(value, str) and value.strip() in secrets else value
