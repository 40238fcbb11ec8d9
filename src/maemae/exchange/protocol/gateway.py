"""The gateway of one server: who calls, whether that is allowed, and who answers."""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress

from maemae.catalogue import Personality, RestEndpoint, by_path
from maemae.exchange.protocol import (
    charts,
    flows,
    foreign,
    indices,
    ledger,
    lists,
    profits,
    quotes,
    trading,
    watching,
)
from maemae.exchange.protocol.context import Context, Handler, Present
from maemae.exchange.protocol.keys import Customer, KeyOffice
from maemae.exchange.protocol.pace import Pace
from maemae.exchange.protocol.personality import Manner
from maemae.exchange.protocol.reply import (
    OK,
    Call,
    Reply,
    ReplyError,
    business_error,
    gateway_error,
    missing_field,
)
from maemae.profile.facts import Fact

_PARTS = (quotes, charts, indices, lists, watching, flows, trading, ledger, profits, foreign)

HANDLERS: Mapping[str, Handler] = {
    name: handler for part in _PARTS for name, handler in part.HANDLERS.items()
}

_WRONG_SERVER: Mapping[Personality, tuple[str, str]] = {
    "real": ("EGW02004", "실전투자 TR 이 아닙니다."),
    "virtual": ("EGW02006", "모의투자 TR 이 아닙니다."),
}

_SEEN: frozenset[tuple[Personality, str]] = frozenset({("virtual", "VTTS3018R")})
"""Ids that a server was seen to answer, though its documents do not have them: overseas open orders
(해외주식 미체결내역) on the virtual server."""

_ORDER = "/trading/order-cash"
NOT_SIMULATED = "SIM00001"
"""Code of the answer to calls of KIS's that the exchange does not simulate."""


class Gateway:
    """Answers the REST calls of one server.

    Args:
        manner: the server's ways.
        keys: tokens and approval keys of its customers.
        pace: its limit on calls.
        present: the exchange behind it.
        handlers: who answers what.
    """

    def __init__(
        self,
        manner: Manner,
        keys: KeyOffice,
        pace: Pace,
        present: Present,
        handlers: Mapping[str, Handler] = HANDLERS,
    ) -> None:
        self.manner = manner
        self.keys = keys
        self.pace = pace
        self._present = present
        self._handlers = handlers

    def answer(self, call: Call) -> Reply:
        """Answer a call; every error is a reply too."""
        try:
            return self._answer(call)
        except ReplyError as error:
            return error.reply

    def _answer(self, call: Call) -> Reply:
        now = self._present.venue.now
        offices: Mapping[str, Callable[[], Reply]] = {
            "/oauth2/tokenP": lambda: self.keys.issue(call, now),
            "/oauth2/revokeP": lambda: self.keys.revoke(call),
            "/oauth2/Approval": lambda: self.keys.approve(call),
            "/uapi/hashkey": lambda: _hashkey(call),
        }
        if call.path in offices:
            return offices[call.path]()
        customer = self.keys.check(call, now)
        if customer.personality != self.manner.personality:
            raise gateway_error(*_WRONG_SERVER[self.manner.personality])
        if not self.pace.allows(customer.app_key, now):
            self._take_all_the_same(call, customer)
            raise gateway_error("EGW00201")
        endpoint = self._endpoint(call)
        handler = self._handlers.get(endpoint.id)
        if handler is None:
            raise business_error(
                NOT_SIMULATED, f"{endpoint.title}: 이 모의 거래소가 제공하지 않는 업무입니다."
            )
        return handler(self._context(call, customer, endpoint))

    def _take_all_the_same(self, call: Call, customer: Customer) -> None:
        """Take an order that is refused for haste, where a refusal is not to be believed."""
        if Fact.REFUSAL_FINAL in self._present.denied and call.path.endswith(_ORDER):
            with suppress(ReplyError):
                self._handlers["domestic_stock.order_cash"](
                    self._context(call, customer, self._endpoint(call))
                )

    def _context(self, call: Call, customer: Customer, endpoint: RestEndpoint) -> Context:
        of_old = call.header("tr_id") in endpoint.legacy
        for param in () if of_old else endpoint.params:
            numbered = param.name[-1].isdigit() and endpoint.id.endswith("multprice")
            if param.required and not numbered and param.name.upper() not in call.params:
                raise missing_field(param.name)
        return Context(call, customer, endpoint, self.manner, self._present)

    def _endpoint(self, call: Call) -> RestEndpoint:
        """Find the call by path and transaction id, as the server offers it."""
        candidates = [one for one in by_path(call.path) if one.method == call.method]
        if not candidates:
            raise business_error("OPSQ0002", rt_cd="2")
        tr_id = call.header("tr_id")
        if not tr_id:
            raise business_error("OPSQ9999", rt_cd="2")
        here = self.manner.personality
        other: Personality = "virtual" if here == "real" else "real"
        for endpoint in candidates:
            if tr_id in _names(endpoint, here) or (here, tr_id) in _SEEN:
                return endpoint
        if any(tr_id in _names(endpoint, other) for endpoint in candidates):
            raise gateway_error(*_WRONG_SERVER[here])
        real = "T" + tr_id[1:]
        if here == "virtual" and any(real in _names(one, other) for one in candidates):
            raise business_error("90000000")
        raise gateway_error("EGW00310", status=OK)


def _names(endpoint: RestEndpoint, personality: Personality) -> set[str]:
    """Return the transaction ids of a call on a server, those of older days too."""
    names = {one.id for one in endpoint.tr_ids.get(personality, ())}
    return names | {old for old, new in endpoint.legacy.items() if new in names}


def _hashkey(call: Call) -> Reply:
    """Answer `/uapi/hashkey`: a hash of the body, and the body."""
    body = dict(call.params)
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return Reply(OK, {"BODY": body, "HASH": digest})
