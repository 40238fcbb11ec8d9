"""One WebSocket session of a client: registrations, acknowledgements, frames to send.

No sockets here: texts come in, texts go out.
"""

import json
from collections.abc import Callable
from typing import Any

from maemae.catalogue import Personality, stream_by_tr_id
from maemae.errors import DataError
from maemae.exchange.moment import Moment, datetime_of
from maemae.exchange.protocol.frames import BOOK, EXPECTED, STATUS, TRADES, TRADES_OF_ALL
from maemae.exchange.protocol.keys import Customer, KeyOffice, made_key
from maemae.exchange.protocol.personality import Manner
from maemae.exchange.protocol.reply import text_of
from maemae.reading import parse_json

MAX_REGISTRATIONS = 41

Registration = tuple[str, str]
"""A feed's transaction id and its key: a code, or the HTS id for notices."""


class Session:
    """A client's WebSocket session.

    Args:
        number: distinguishes the sessions of one exchange; part of the session's cipher keys.
        manner: the server it is on.
        keys: tells whose approval key it is.
        seed: what the cipher keys are made of.
        claim: asked once, whether this customer may have another session.
        send: takes each text that goes to the client.
        hang_up: cuts the connection.
    """

    def __init__(
        self,
        number: int,
        manner: Manner,
        keys: KeyOffice,
        seed: int,
        *,
        claim: Callable[[Customer], bool],
        send: Callable[[str], None],
        hang_up: Callable[[], None],
    ) -> None:
        self.number = number
        self.manner = manner
        self.customer: Customer | None = None
        self.refused = False
        self.registered: dict[Registration, None] = {}
        self.sent = 0
        self.cipher_key = made_key(32, seed, number, manner.personality, "key")
        self.cipher_iv = made_key(16, seed, number, manner.personality, "iv")
        self._keys = keys
        self._claim = claim
        self._send = send
        self._hang_up = hang_up

    def drop(self) -> None:
        """Cut the connection without a word."""
        self._hang_up()

    def send(self, text: str) -> None:
        """Send a text to the client, and count it."""
        self.sent += 1
        self._send(text)

    def ping(self, now: Moment) -> None:
        """Ask whether the client is still there (PINGPONG)."""
        at = datetime_of(now).strftime("%Y%m%d%H%M%S")
        self.send(json.dumps({"header": {"tr_id": "PINGPONG", "datetime": at}}))

    def wants(self, tr_id: str, key: str) -> bool:
        """Tell whether the client registered for a feed."""
        return (tr_id, key) in self.registered

    def handle(self, text: str) -> Registration | None:
        """Handle a text of the client.

        Returns:
            What was registered or released, for the server to act on; None when nothing changed.
        """
        try:
            message = parse_json(text, "frame")
        except DataError:
            self._fail("(null)", "", "OPSP9999")
            return None
        header = message.get("header") if isinstance(message, dict) else None
        if not isinstance(header, dict):
            self._fail("(null)", "", "OPSP9998")
            return None
        if header.get("tr_id") == "PINGPONG":
            return None
        return self._register(header, message)

    def _register(self, header: dict[str, Any], message: dict[str, Any]) -> Registration | None:
        body = message.get("body")
        if not isinstance(body, dict):
            self._fail("(null)", "", "OPSP9992")
            return None
        wanted = body.get("input")
        if not isinstance(wanted, dict):
            self._fail("(null)", "", "OPSP9991")
            return None
        tr_id, key = str(wanted.get("tr_id", "")), str(wanted.get("tr_key", ""))
        if not self._attach(str(header.get("approval_key", ""))):
            return None
        problem = self._problem(header, tr_id, key)
        if problem is not None:
            self._fail(tr_id, key, problem)
            return None
        registration = (tr_id, key)
        if header.get("tr_type") == "1":
            self.registered[registration] = None
            self._acknowledge(registration, "OPSP0000")
        else:
            del self.registered[registration]
            self._acknowledge(registration, "OPSP0001")
        return registration

    def _problem(self, header: dict[str, Any], tr_id: str, key: str) -> str | None:
        """Return the code of what is wrong with a request, or None."""
        registered = (tr_id, key) in self.registered
        register = header.get("tr_type") == "1"
        checks = (
            (self.customer is None, "OPSP0011"),
            (header.get("custtype") not in ("P", "B"), "OPSP8998"),
            (header.get("tr_type") not in ("1", "2"), "OPSP8997"),
            (not _offered(tr_id, self.manner.personality), "OPSP8991"),
            (not key, "OPSP8992"),
            (register and registered, "OPSP0002"),
            (not register and not registered, "OPSP0003"),
            (register and len(self.registered) >= MAX_REGISTRATIONS, "OPSP0008"),
        )
        return next((code for wrong, code in checks if wrong), None)

    def _attach(self, approval_key: str) -> bool:
        """Find out who it is; False when the customer's sessions are all in use."""
        customer = self._keys.approved(approval_key)
        if customer is None or self.customer is not None:
            return True
        if not self._claim(customer):
            self.refused = True
            body = {"rt_cd": "9", "msg_cd": "OPSP8996", "msg1": text_of("OPSP8996")}
            self._answer("(null)", "", "N", body)
            return False
        self.customer = customer
        return True

    def _acknowledge(self, registration: Registration, code: str) -> None:
        tr_id, key = registration
        secret = tr_id == self.manner.notice
        self._answer(
            tr_id,
            key,
            "Y" if secret else "N",
            {
                "rt_cd": "0",
                "msg_cd": code,
                "msg1": text_of(code),
                "output": {"iv": self.cipher_iv, "key": self.cipher_key},
            },
        )

    def _fail(self, tr_id: str, key: str, code: str) -> None:
        body = {"rt_cd": "1", "msg_cd": code, "msg1": text_of(code)}
        self._answer(tr_id, key, "N", body)

    def _answer(self, tr_id: str, key: str, encrypt: str, body: dict[str, Any]) -> None:
        header = {"tr_id": tr_id, "tr_key": key, "encrypt": encrypt}
        self.send(json.dumps({"header": header, "body": body}, ensure_ascii=False))


def _offered(tr_id: str, personality: Personality) -> bool:
    stream = stream_by_tr_id(tr_id)
    return stream is not None and stream.tr_ids.get(personality) == tr_id


def is_market_feed(tr_id: str) -> bool:
    """Tell whether a feed follows an instrument's trades."""
    return tr_id in (TRADES, TRADES_OF_ALL, BOOK)


def has_auctions(tr_id: str) -> bool:
    """Tell whether a feed carries the expected prices of auctions."""
    return tr_id in (BOOK, EXPECTED)


def is_simulated(tr_id: str, manner: Manner) -> bool:
    """Tell whether anything is ever sent on a feed."""
    return tr_id in (TRADES, TRADES_OF_ALL, BOOK, EXPECTED, STATUS, manner.notice)
