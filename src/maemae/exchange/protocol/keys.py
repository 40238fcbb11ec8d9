"""App keys, access tokens and approval keys of the simulated broker.

Everything is made from the exchange's seed, so that a stepped day is the same every time, and what
clients keep still serves after the exchange was started again: a token says itself when it was
issued, and is signed with the seed. None of it is secret: the exchange lists its accounts to
whoever asks.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass

from maemae.catalogue import Personality
from maemae.exchange.moment import MINUTE, SECOND, Moment, datetime_of
from maemae.exchange.protocol.reply import OK, Call, Reply, gateway_error, token_error

TOKEN_LIFE: Moment = 24 * 60 * MINUTE
SAME_TOKEN: Moment = 6 * 60 * MINUTE
"""A call within six hours of the last issue returns the same token."""
_JWT_PARTS = 3


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
        self._ended: set[str] = set()
        self._approvals = {self._approval(app_key): one for app_key, one in customers.items()}

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
        if self._known(customer, call.get("TOKEN")) is None:
            raise token_error("EGW00121")
        kept = self._tokens[customer.app_key]
        self._tokens[customer.app_key] = [one for one in kept if one.text != call.get("TOKEN")]
        self._ended.add(call.get("TOKEN"))
        return Reply(OK, {"code": 200, "message": "접근토큰 폐기에 성공하였습니다"})

    def approve(self, call: Call) -> Reply:
        """Answer `/oauth2/Approval`: the key that opens a WebSocket session."""
        customer = self._customer(call.get("APPKEY"), call.get("SECRETKEY"))
        return Reply(OK, {"approval_key": self._approval(customer.app_key)})

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
        token = self._known(customer, text.strip())
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
            self._ended.update(one.text for one in self._tokens[app_key])
            self._last_try[app_key] = now
            self._tokens[app_key] = [_Token(self._text(self._customers[app_key], now), now)]

    def _known(self, customer: Customer, text: str) -> _Token | None:
        """Return a customer's token, one issued before the exchange was started too."""
        tokens = self._tokens.setdefault(customer.app_key, [])
        found = next((one for one in tokens if one.text == text), None)
        if found is None and text not in self._ended:
            issued = self._issued_at(customer, text)
            if issued is not None:
                found = _Token(text, issued)
                tokens.insert(0, found)
        return found

    def _issued_at(self, customer: Customer, text: str) -> Moment | None:
        """Return when this office issued a token, by its own words; None if it never did."""
        parts = text.split(".")
        if len(parts) != _JWT_PARTS or parts[2] != self._signature(parts[:2]):
            return None
        try:
            body = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        except (binascii.Error, ValueError):
            return None
        return int(body["iat"]) * SECOND if body["jti"] == customer.app_key else None

    def _approval(self, app_key: str) -> str:
        raw = hashlib.sha256(f"{self._seed}{app_key}".encode()).hexdigest()
        return "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:32]))

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
        return ".".join([*parts, self._signature(parts)])

    def _signature(self, parts: list[str]) -> str:
        text = ".".join([*parts, str(self._seed)])
        return _base64url(hashlib.sha512(text.encode()).digest())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
