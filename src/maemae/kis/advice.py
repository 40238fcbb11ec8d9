"""From a message code to an error that says what to do."""

from typing import Final

from maemae import catalogue
from maemae.catalogue import Code, CodeKind
from maemae.errors import (
    KisAuth,
    KisRefused,
    KisThrottled,
    KisUnavailable,
    KisUnsupported,
    WireError,
)
from maemae.i18n import _, language

ADVICE: Final[dict[CodeKind, str]] = {
    CodeKind.TEMPORARY: "a fault of the broker: try again in a moment",
    CodeKind.THROTTLED: "too many calls: another program may be using the same app key",
    CodeKind.AUTH: "the access token was refused: a new one is issued by itself",
    CodeKind.AUTH_TOO_SOON: "one token a minute: wait a minute, and share one state folder",
    CodeKind.CREDENTIALS: "check app key, app secret, account and whether they belong together "
    "(real keys for the real server, virtual keys for the virtual one)",
    CodeKind.REQUEST: "the request is wrong: check its parameters",
    CodeKind.UNSUPPORTED: "the virtual server does not offer this: it needs a live key",
    CodeKind.OUTCOME_UNKNOWN: "it may have been executed: look at the orders before anything else",
    CodeKind.CLOSED: "the market does not take this order now",
    CodeKind.NO_CASH: "not enough buying power",
    CodeKind.NO_SHARES: "not enough shares to sell or to cancel",
    CodeKind.NOTHING_LEFT: "the order is already filled, cancelled or unknown",
    CodeKind.UNKNOWN_CODE: "check the stock code and its market",
    CodeKind.HALTED: "trading in the stock is halted",
    CodeKind.NOT_TRADABLE: "the stock cannot be traded here or now",
    CodeKind.PRICE: "check the price: its tick, and the limits of the day",
    CodeKind.QUANTITY: "check the number of shares",
    CodeKind.REFUSED: "the broker does not take this; its text says why",
    CodeKind.APPROVAL: "the approval key of the stream was refused: a new one is issued by itself",
    CodeKind.IN_USE: "another program uses the same app key on the stream: stop it there",
    CodeKind.TOO_MANY: "no more than 41 registrations on one stream",
    CodeKind.ALREADY: "nothing to do: it is registered, or let go, already",
    CodeKind.EMPTY_SEARCH: "check the stock code; from a condition search it means no match",
    CodeKind.CHANGED: "something was traded meanwhile: ask again",
    CodeKind.CONDITIONS_NOT_SAVED: "save the conditions to the server in the HTS, screen 0110",
}


def advice(kind: CodeKind | None) -> str:
    """Return what to do about a kind of trouble, in the language in force; blank for none."""
    known = ADVICE.get(kind) if kind else None
    return _(known) if known else ""


def meaning(code: Code | None) -> str:
    """Return what a code means in the language in force; blank for a code nobody knows.

    A Korean reader gets the broker's own text where it is Korean.
    """
    if code is None:
        return ""
    return code.meaning if language() != "ko" else code.korean or code.message


def refusal(where: str, code: str, reason: str) -> WireError:
    """Return the error for a refused call.

    Args:
        where: the endpoint's id.
        code: the broker's message code.
        reason: the broker's text.
    """
    known = catalogue.code(code)
    kind = known.kind if known else None
    kinds: dict[CodeKind, type[KisRefused]] = {
        CodeKind.THROTTLED: KisThrottled,
        CodeKind.AUTH: KisAuth,
        CodeKind.AUTH_TOO_SOON: KisAuth,
        CodeKind.CREDENTIALS: KisAuth,
        CodeKind.UNSUPPORTED: KisUnsupported,
    }
    if kind in (CodeKind.TEMPORARY, CodeKind.OUTCOME_UNKNOWN):
        return KisUnavailable(f"{where}: {code} {reason} ({advice(kind)})")
    error = kinds.get(kind, KisRefused) if kind else KisRefused
    means = meaning(known)
    repeats = bool(means) and means.rstrip(" .") in reason
    return error(where, code, reason, meaning="" if repeats else means, advice=advice(kind))
