"""Faults carried out: on REST calls and their replies, and on the frames of a session."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from maemae.exchange.agenda import Agenda
from maemae.exchange.faults import (
    AFTER,
    ANY_FRAME,
    BEFORE,
    MARKET,
    NOTICE,
    PRICE,
    Fault,
    FaultBox,
    FaultKind,
)
from maemae.exchange.journal import Journal
from maemae.exchange.moment import SECOND, Moment
from maemae.exchange.protocol.feed import Session
from maemae.exchange.protocol.frames import TRADES, data_frame
from maemae.exchange.protocol.personality import MANNERS
from maemae.exchange.protocol.reply import (
    GATEWAY,
    Call,
    Reply,
    ReplyError,
    gateway_error,
    token_error,
)
from maemae.exchange.refusals import Reason, Refusal
from maemae.exchange.wrong_prices import PRICED_PATHS, wrong_prices, wrong_trade

_UNAVAILABLE = 503
_BALANCE = "inquire-balance"
_CHANGE = "order-rvsecncl"
_HELD = 5 * SECOND
"""A notice that is to come after the next one comes by itself when there is none so long."""
_ROWLESS = FaultKind.TOTALS_ONLY
"""Strikes nothing but an answer that has rows."""
_OF_TRADES = tuple(kind for kind in MARKET if kind in PRICE)
_OF_FRAMES = tuple(kind for kind in MARKET if kind not in PRICE)
_SURPRISE = {"new_field_of_the_broker": "1", "": ""}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A reply as it goes out. `text`: the body; None: the connection is cut without a word.

    `cut`: the body breaks off in the middle. `delay`: venue time to hold it back.
    """

    reply: Reply
    text: str | None
    cut: bool = False
    delay: Moment = 0


class CallMishaps:
    """Puts faults on REST calls.

    Args:
        box: the faults switched on.
        journal: where they are written down.
    """

    def __init__(self, box: FaultBox, journal: Journal) -> None:
        self._box = box
        self._journal = journal
        self._balances: dict[str, Reply] = {}

    def deliver(self, call: Call, answer: Callable[[Call], Reply], now: Moment) -> Delivery:
        """Answer a call, with whatever goes wrong."""
        fault = self._strike(BEFORE, call, now)
        early = None if fault is None else self._instead(fault, call)
        if early is not None:
            delivery = early
        else:
            reply = answer(call)
            if call.path.endswith(_BALANCE):
                self._balances[call.get("CANO")] = reply
            kinds = tuple(kind for kind in AFTER if _strikes(kind, call, reply))
            fault = self._strike(kinds, call, now)
            delivery = _spoilt(fault, reply) if fault else Delivery(reply, _text(reply.body))
        self._journal.write(
            now,
            "call",
            server=call.personality,
            method=call.method,
            path=call.path,
            tr_id=call.header("tr_id"),
            params={name: call.params[name] for name in call.params if "SECRET" not in name},
            status=delivery.reply.status,
            msg_cd=delivery.reply.body.get("msg_cd", ""),
            order_no=_order_number(delivery.reply),
            fault=fault.kind.value if fault else "",
        )
        return delivery

    def _strike(self, kinds: tuple[FaultKind, ...], call: Call, now: Moment) -> Fault | None:
        possible = [kind for kind in kinds if self._possible(kind, call)]
        return self._box.strike(possible, call.personality, call.header("tr_id"), call.path, now)

    def _possible(self, kind: FaultKind, call: Call) -> bool:
        if kind is FaultKind.TOKEN_TOO_SOON:
            return call.path.endswith("tokenP")
        if kind in (FaultKind.TOKEN_EXPIRED, FaultKind.THROTTLED):
            return call.path.startswith("/uapi")
        if kind is FaultKind.PARTIAL_PAGES:
            return call.header("tr_cont").strip() == "N"
        if kind is FaultKind.STALE_BALANCE:
            return call.path.endswith(_BALANCE) and call.get("CANO") in self._balances
        if kind is FaultKind.WRONG_BRANCH:
            branch = MANNERS[call.personality].org_no
            return call.path.endswith(_CHANGE) and call.get("KRX_FWDG_ORD_ORGNO") != branch
        return True

    def _instead(self, fault: Fault, call: Call) -> Delivery | None:
        """Return what is answered instead of carrying out the call."""
        plain = {
            FaultKind.HTTP_500_BEFORE: Delivery(Reply(GATEWAY, {}), "Internal Server Error"),
            FaultKind.MAINTENANCE: Delivery(Reply(_UNAVAILABLE, {}), "Service Unavailable"),
            FaultKind.RESET: Delivery(Reply(0, {}), None),
        }
        if fault.kind in plain:
            return plain[fault.kind]
        if fault.kind is FaultKind.STALE_BALANCE:
            reply = self._balances[call.get("CANO")]
        elif fault.kind is FaultKind.WRONG_BRANCH:
            # The order cannot be found without the branch that keeps it.
            reply = MANNERS[call.personality].refusal(Refusal(Reason.UNKNOWN_ORDER)).reply
        else:
            reply = _error(fault.kind).reply
        return Delivery(reply, _text(reply.body))


def _error(kind: FaultKind) -> ReplyError:
    if kind is FaultKind.TOKEN_TOO_SOON:
        return token_error("EGW00133")
    if kind is FaultKind.TOKEN_EXPIRED:
        return gateway_error("EGW00123")
    if kind is FaultKind.THROTTLED:
        return gateway_error("EGW00201")
    return gateway_error("EGW00002")


def _spoilt(fault: Fault, reply: Reply) -> Delivery:
    """Return the reply to a call that was carried out, spoilt."""
    text = _text(reply.body)
    delay = int(fault.seconds * SECOND)
    spoilt = {
        FaultKind.REPLY_LOST: lambda: Delivery(reply, None),
        FaultKind.REPLY_DELAYED: lambda: Delivery(reply, text, delay=delay),
        FaultKind.HTTP_500_AFTER: lambda: Delivery(Reply(GATEWAY, {}), "Internal Server Error"),
        FaultKind.MALFORMED_JSON: lambda: Delivery(reply, text.replace('"', "", 3) + "}"),
        FaultKind.TRUNCATED_BODY: lambda: Delivery(reply, text, cut=True),
        FaultKind.EXTRA_FIELDS: lambda: Delivery(reply, _text(_surprised(reply.body))),
        FaultKind.TOTALS_ONLY: lambda: Delivery(reply, _text(_without_rows(reply.body))),
    }
    if fault.kind in PRICE:
        return Delivery(reply, _text(wrong_prices(reply.body, fault.kind)))
    return spoilt[fault.kind]()


def _strikes(kind: FaultKind, call: Call, reply: Reply) -> bool:
    """Tell whether a reply has what a fault spoils."""
    if kind in PRICE:
        return call.path.endswith(PRICED_PATHS)
    return kind is not _ROWLESS or _rows(reply)


def _surprised(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _surprised(one) for name, one in value.items()} | _SURPRISE
    if isinstance(value, list):
        return [_surprised(one) for one in value]
    return value


def _rows(reply: Reply) -> bool:
    rows = reply.body.get("output1")
    return isinstance(rows, list) and bool(rows)


def _without_rows(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "output1": []}


def _text(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False)


def _order_number(reply: Reply) -> int | None:
    output = reply.body.get("output")
    number = output.get("ODNO") if isinstance(output, dict) else None
    return int(number) if number else None


class FrameMishaps:
    """Puts faults on the data frames of WebSocket sessions.

    Args:
        box: the faults switched on.
        journal: where they are written down.
    """

    def __init__(self, box: FaultBox, journal: Journal) -> None:
        self._box = box
        self._journal = journal
        self._held: dict[int, str] = {}
        self._records: dict[tuple[int, str], list[list[str]]] = {}
        self._silent: dict[int, Moment] = {}
        self.in_use: dict[str, Moment] = {}

    def notice(
        self, session: Session, tr_id: str, make: Callable[[Moment], str], now: Moment,
        agenda: Agenda,
    ) -> None:  # fmt: skip
        """Send a notice; `make` gives the frame, its time shifted by what it is called with."""
        if self._lost(session, tr_id, now):
            return
        fault = self._strike(NOTICE, session, tr_id, now)
        shift = 0
        if fault is not None and fault.kind is FaultKind.NOTICE_SKEWED:
            shift = int(fault.seconds * SECOND)
        frame = make(shift)
        if fault is not None and fault.kind is FaultKind.NOTICE_LATE:
            due = now + int(fault.seconds * SECOND)
            agenda.add(due, lambda _: session.send(frame))
        elif self._swaps(fault, session):
            self._held[session.number] = frame
            agenda.add(now + _HELD, lambda _: self._release(session))
        else:
            session.send(frame)
            if fault is not None and fault.kind is FaultKind.NOTICE_TWICE:
                session.send(frame)
            self._release(session)

    def market(self, session: Session, tr_id: str, records: list[list[str]], now: Moment) -> None:
        """Send a frame of a market feed; prices go wrong record by record."""
        if self._lost(session, tr_id, now):
            return
        fault = self._strike(_OF_FRAMES, session, tr_id, now)
        if tr_id == TRADES:
            records = [self._priced(session, record, now) for record in records]
        key = (session.number, tr_id)
        if fault is not None and fault.kind is FaultKind.MORE_COLUMNS:
            records = [[*record, "0"] for record in records]
        waiting = self._records.pop(key, [])
        if waiting and len(waiting[0]) == len(records[0]):
            session.send(data_frame(tr_id, [*waiting, *records]))
            return
        if waiting:
            session.send(data_frame(tr_id, waiting))
        if fault is not None and fault.kind is FaultKind.MANY_RECORDS:
            self._records[key] = records
        else:
            session.send(data_frame(tr_id, records))

    def _priced(self, session: Session, record: list[str], now: Moment) -> list[str]:
        """Return a trade's record, its price wrong where that is the fault."""
        fault = self._strike(_OF_TRADES, session, TRADES, now)
        return record if fault is None else wrong_trade(record, fault, now)

    def _swaps(self, fault: Fault | None, session: Session) -> bool:
        """Tell whether a notice waits for the next one; one waits at a time."""
        swaps = fault is not None and fault.kind is FaultKind.NOTICES_SWAPPED
        return swaps and session.number not in self._held

    def _release(self, session: Session) -> None:
        frame = self._held.pop(session.number, None)
        if frame is not None:
            session.send(frame)

    def _lost(self, session: Session, tr_id: str, now: Moment) -> bool:
        """Tell whether nothing gets through to a session, and drop it where that is the fault."""
        if now < self._silent.get(session.number, now):
            return True
        fault = self._strike(ANY_FRAME, session, tr_id, now)
        if fault is None:
            return False
        until = now + int(fault.seconds * SECOND)
        if fault.kind is FaultKind.SILENCE:
            self._silent[session.number] = until
        else:
            if session.customer is not None:
                self.in_use[session.customer.app_key] = until
            session.drop()
        return True

    def _strike(
        self, kinds: tuple[FaultKind, ...], session: Session, tr_id: str, now: Moment
    ) -> Fault | None:
        fault = self._box.strike(kinds, session.manner.personality, tr_id, "", now)
        if fault is not None:
            self._journal.write(now, "frame", tr_id=tr_id, fault=fault.kind.value)
        return fault
