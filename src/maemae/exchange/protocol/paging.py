"""Pages of the ledger's answers (연속조회) and the envelope around them."""

from collections.abc import Sequence
from typing import Any

from maemae.exchange.protocol.context import Context
from maemae.exchange.protocol.numbers import is_whole
from maemae.exchange.protocol.reply import OK, Body, Reply, business_error, padded

_WIDTH = 100


def page_of(context: Context, rows: Sequence[dict[str, str]]) -> tuple[int, list[dict[str, str]]]:
    """Return where the asked page starts, and its rows.

    The next-key of an answer is the number of rows already given.
    """
    start = 0
    if context.call.header("tr_cont").strip() == "N":
        key = context.call.get("CTX_AREA_NK100")
        if not is_whole(key):
            raise business_error(
                "SYDB0050", "조회 이후 자료가 변경되었습니다.(다시 조회하세요)", "7"
            )
        start = int(key)
    return start, list(rows[start : start + context.page_size])


def ledger_page(
    context: Context, rows: Sequence[dict[str, str]], outputs: dict[str, Any], search_key: str
) -> Reply:
    """Return one page of rows as `output1`, with what goes beside them.

    The real server echoes the search key on every page; whether there is more is told by the
    `tr_cont` header alone (M: more, D: the last page).
    """
    start, page = page_of(context, rows)
    more = start + len(page) < len(rows)
    manner = context.manner
    message_code, message = manner.more if more else manner.found if rows else manner.nothing
    real = manner.personality == "real"
    body: Body = {
        "ctx_area_fk100": (search_key if real else "").ljust(_WIDTH),
        "ctx_area_nk100": (str(start + len(page)) if more else "").ljust(_WIDTH),
        "output1": page,
        **outputs,
        "rt_cd": "0",
        "msg_cd": message_code,
        "msg1": padded(message),
    }
    return Reply(OK, body, "M" if more else "D")


def ledger_reply(context: Context, output: dict[str, str]) -> Reply:
    """Return a single ledger record."""
    message_code, message = context.manner.found
    body = {"output": output, "rt_cd": "0", "msg_cd": message_code, "msg1": padded(message)}
    return Reply(OK, body)
