"""App keys, access tokens and approval keys of the simulated broker.

Everything is made from the exchange's seed, so that a stepped day is the same every time. None of
it is secret: the exchange lists its accounts to whoever asks.
"""

import base64
import hashlib
import json
from dataclasses import dataclass

from maemae.catalogue import Personality
from maemae.exchange.moment import MINUTE, SECOND, Moment, datetime_of
from maemae.exchange.protocol.reply import OK, Call, Reply, gateway_error, token_error

TOKEN_LIFE: Moment = 24 * 60 * MINUTE
SAME_TOKEN: Moment = 6 * 60 * MINUTE
"""A call within six hours of the last issue returns the same token."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer: an app key of one server, its account and HTS id."""

    personality: Personality
    app_key: str
    app_secret: str
    account: str
    hts_id: str
    name: str = "김매매"


def made_key(length: int, *parts: object) -> str:
    """Return letters and digits that depend on nothing but the parts."""
    text = ""
    count = 0
    while len(text) < length:
        digest = hashlib.sha256(repr((*parts, count)).encode()).digest()
        text += base64.b64encode(digest).decode().replace("+", "").replace("/", "").rstrip("=")
        count += 1
    return text[:length]


@dataclass(slots=True)
class _Token:
    text: str
    issued: Moment

    @property
    def expires(self) -> Moment:
        return self.issued + TOKEN_LIFE


class KeyOffice:
    """Issues and checks tokens and approval keys.

    Both servers issue them for the customers of either; what a key may do is another question.

    Args:
        customers: by app key.
        seed: what the texts are made of.
    """

    def __init__(self, customers: dict[str, Customer], seed: int) -> None:
        self._customers = customers
        self._seed = seed
        self._tokens: dict[str, list[_Token]] = {}
        self._last_try: dict[str, Moment] = {}
        self._approvals: dict[str, Customer] = {}

    def issue(self, call: Call, now: Moment) -> Reply:
        """Answer `/oauth2/tokenP`: at most once a minute, the same token within six hours."""
        customer = self._customer(call.get("APPKEY"), call.get("APPSECRET"))
        last = self._last_try.get(customer.app_key)
        if last is not None and now - last < MINUTE:
            raise token_error("EGW00133")
        self._last_try[customer.app_key] = now
        issued = self._tokens.setdefault(customer.app_key, [])
        if not issued or now - issued[-1].issued >= SAME_TOKEN:
            issued.append(_Token(self._text(customer, now), now))
        token = issued[-1]
        return Reply(
            OK,
            {
                "access_token": token.text,
                "access_token_token_expired": datetime_of(token.expires).strftime(
                    "%Y-%m-%d %H:%M:%S"
                ),
                "token_type": "Bearer",
                "expires_in": (token.expires - now) // SECOND,
            },
        )

    def revoke(self, call: Call) -> Reply:
        """Answer `/oauth2/revokeP`."""
        customer = self._customer(call.get("APPKEY"), call.get("APPSECRET"))
        kept = self._tokens.get(customer.app_key, [])
        if not any(one.text == call.get("TOKEN") for one in kept):
            raise token_error("EGW00121")
        self._tokens[customer.app_key] = [one for one in kept if one.text != call.get("TOKEN")]
        return Reply(OK, {"code": 200, "message": "접근토큰 폐기에 성공하였습니다"})

    def approve(self, call: Call) -> Reply:
        """Answer `/oauth2/Approval`: the key that opens a WebSocket session."""
        customer = self._customer(call.get("APPKEY"), call.get("SECRETKEY"))
        raw = hashlib.sha256(f"{self._seed}{customer.app_key}".encode()).hexdigest()
        key = "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:32]))
        self._approvals[key] = customer
        return Reply(OK, {"approval_key": key})

    def approved(self, key: str) -> Customer | None:
        """Return whose approval key it is."""
        return self._approvals.get(key)

    def check(self, call: Call, now: Moment) -> Customer:
        """Return who calls, or refuse a call whose key or token does not do."""
        customer = self._customers.get(call.header("appkey"))
        if customer is None:
            raise gateway_error("EGW00103")
        if call.header("appsecret") != customer.app_secret:
            raise gateway_error("EGW00105")
        kind, _, text = call.header("authorization").partition(" ")
        if kind.lower() != "bearer":
            raise gateway_error("EGW00205")
        token = next(
            (one for one in self._tokens.get(customer.app_key, []) if one.text == text.strip()),
            None,
        )
        if token is None:
            raise gateway_error("EGW00121")
        if now >= token.expires:
            raise gateway_error("EGW00123")
        return customer

    def expire_all(self) -> None:
        """Let every token issued so far be expired, as after a change at the broker."""
        for tokens in self._tokens.values():
            for token in tokens:
                token.issued -= TOKEN_LIFE

    def take_all(self, now: Moment) -> None:
        """Let another program have ended every token, and have been given one of its own."""
        for app_key in self._tokens:
            self._last_try[app_key] = now
            self._tokens[app_key] = [_Token(self._text(self._customers[app_key], now), now)]

    def _customer(self, app_key: str, secret: str) -> Customer:
        customer = self._customers.get(app_key)
        if customer is None:
            raise token_error("EGW00103")
        if secret != customer.app_secret:
            raise token_error("EGW00105")
        return customer

    def _text(self, customer: Customer, now: Moment) -> str:
        head = {"typ": "JWT", "alg": "HS512"}
        body = {
            "sub": "token",
            "aud": made_key(36, self._seed, customer.app_key, "aud"),
            "prdt_cd": "",
            "iss": "unogw",
            "exp": (now + TOKEN_LIFE) // SECOND,
            "iat": now // SECOND,
            "jti": customer.app_key,
        }
        parts = [_base64url(json.dumps(part).encode()) for part in (head, body)]
        signature = hashlib.sha512(".".join([*parts, str(self._seed)]).encode()).digest()
        return ".".join([*parts, _base64url(signature)])


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
