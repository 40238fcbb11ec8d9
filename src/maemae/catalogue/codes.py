"""The broker's message codes: what each one means, and what kind of trouble it is.

The wire acts on the kind, a person reads the Korean message and the English meaning. Message
texts change their wording and padding between servers, so nothing is ever matched on a text.
"""

from enum import StrEnum
from functools import cache

import msgspec

from maemae.catalogue.endpoints import read_rows
from maemae.catalogue.model import Personality


class CodeKind(StrEnum):
    """What a code asks its reader to do."""

    SUCCESS = "success"
    TEMPORARY = "temporary"
    THROTTLED = "throttled"
    AUTH = "auth"
    AUTH_TOO_SOON = "auth_too_soon"
    CREDENTIALS = "credentials"
    REQUEST = "request"
    UNSUPPORTED = "unsupported"
    OUTCOME_UNKNOWN = "outcome_unknown"
    REFUSED = "refused"
    CLOSED = "closed"
    NO_CASH = "no_cash"
    NO_SHARES = "no_shares"
    NOTHING_LEFT = "nothing_left"
    UNKNOWN_CODE = "unknown_code"
    HALTED = "halted"
    NOT_TRADABLE = "not_tradable"
    PRICE = "price"
    QUANTITY = "quantity"
    EMPTY_SEARCH = "empty_search"
    CONDITIONS_NOT_SAVED = "conditions_not_saved"
    CHANGED = "changed"
    APPROVAL = "approval"
    IN_USE = "in_use"
    TOO_MANY = "too_many"
    ALREADY = "already"


class Code(msgspec.Struct, frozen=True):
    """One message code.

    `message` is the broker's text, blank where none is known. `korean` says what it means in
    Korean where that text does not.
    """

    code: str
    kind: CodeKind
    meaning: str
    message: str = ""
    servers: Personality | str = "both"
    korean: str = ""


@cache
def _codes() -> dict[str, Code]:
    return {row.code: row for row in read_rows("codes.jsonl", Code)}


def all_codes() -> tuple[Code, ...]:
    """Return every known code."""
    return tuple(_codes().values())


def code(value: str) -> Code | None:
    """Return what is known about a code, or None for a code nobody has written down."""
    return _codes().get(value.strip())
