"""What may leave a client: everything, or what only reads the market.

A gate stands at the last place before the socket, so that it holds whatever the code above it does.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final, Protocol

import msgspec

from maemae import catalogue
from maemae.errors import KisUnsupported
from maemae.i18n import _

KEY_PATHS: Final = {
    "/oauth2/tokenP": frozenset({"grant_type", "appkey", "appsecret"}),
    "/oauth2/Approval": frozenset({"grant_type", "appkey", "secretkey"}),
}
"""The only requests with a body that a reading client sends, and what stands in them."""

_PERSONAL: Final = frozenset({"CANO", "ACNT_PRDT_CD", "ACNT_NO"})
"""Parameters that name an account."""


class Gate(Protocol):
    """Looks at whatever is about to be sent."""

    def request(
        self, method: str, path: str, headers: Mapping[str, str], params: Mapping[str, str]
    ) -> None:
        """Look at a request.

        Raises:
            KisUnsupported: it may not leave.
        """
        ...

    def message(self, text: str) -> None:
        """Look at a WebSocket message.

        Raises:
            KisUnsupported: it may not leave.
        """
        ...


class OpenGate:
    """Lets everything pass: of a client that trades."""

    def request(
        self, method: str, path: str, headers: Mapping[str, str], params: Mapping[str, str]
    ) -> None:
        """Let a request pass."""

    def message(self, text: str) -> None:
        """Let a message pass."""


class ReadingGate:
    """Lets pass what asks for market data, and what a key needs for that; nothing else.

    It is a list of what may leave, not of what may not: an order whose path nobody knows yet does
    not leave either.
    """

    def request(
        self, method: str, path: str, headers: Mapping[str, str], params: Mapping[str, str]
    ) -> None:
        """Let a request pass that is on the list.

        Raises:
            KisUnsupported: it is not, or it names an account.
        """
        if method == "POST":
            fits = KEY_PATHS.get(path) == frozenset(params) and "tr_id" not in headers
        else:
            fits = method == "GET" and headers.get("tr_id") in readable().get(path, frozenset())
        if not fits or _PERSONAL & {name.upper() for name in params}:
            raise _refused(path)

    def message(self, text: str) -> None:
        """Let a registration for a public feed pass, and the answer to PINGPONG.

        Raises:
            KisUnsupported: it is something else.
        """
        try:
            found = msgspec.json.decode(text, type=_Message)
        except msgspec.MsgspecError:
            raise _refused("WebSocket") from None
        if found.body is None:
            fits, what = found.header.tr_id == "PINGPONG", found.header.tr_id
        else:
            what = found.body.input.tr_id
            fits = what in public_feeds()
        if not fits:
            raise _refused(what or "WebSocket")


class _Header(msgspec.Struct):
    tr_id: str = ""


class _Input(msgspec.Struct, forbid_unknown_fields=True):
    tr_id: str
    tr_key: str


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    input: _Input


class _Message(msgspec.Struct, forbid_unknown_fields=True):
    header: _Header
    body: _Body | None = None


@cache
def readable() -> Mapping[str, frozenset[str]]:
    """Return the transaction ids by path that read the market and are about no account."""
    return {
        one.path: frozenset(tr.id for found in one.tr_ids.values() for tr in found)
        for one in catalogue.all_rest()
        if one.method == "GET"
        and "trading" not in one.path.split("/")
        and not _PERSONAL & {param.name.upper() for param in one.params}
    }


@cache
def public_feeds() -> frozenset[str]:
    """Return the transaction ids of the feeds that are about no account."""
    return frozenset(
        tr
        for feed in catalogue.all_streams()
        if not any(_names_owner(column.name) for column in feed.columns)
        for tr in feed.tr_ids.values()
    )


def _names_owner(column: str) -> bool:
    return column.upper() in {"ACNT_NO", "ACNT_NAME", "CUST_ID"}


def _refused(what: str) -> KisUnsupported:
    advice = _("this client only reads the market: it sends no orders and asks about no account")
    return KisUnsupported(what, "", _("not sent"), advice=advice)
