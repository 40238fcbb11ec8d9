"""Where the broker is, how much it bears, and who asks."""

import hashlib
import re
from dataclasses import dataclass, field, replace
from typing import Self

from maemae.catalogue import Personality
from maemae.errors import SettingsError
from maemae.i18n import _
from maemae.profile.facts import TABLE, Fact, shipped
from maemae.profile.profile import Profile

_ACCOUNT = re.compile(r"\d{8}-\d{2}")


@dataclass(frozen=True)
class Limits:
    """What one app key may do on a server, and how long it is waited for.

    `calls_per_second` and `token_interval` are in venue seconds; the four waiting times are real
    seconds, because sockets do not follow a simulated clock. Of one question that takes many calls
    `at_once` are under way together: enough for the rate at half a second there and back. Where the
    other figures come from is said in `maemae.profile.facts`.
    """

    calls_per_second: float = shipped(Fact.CALLS_PER_SECOND, "real")
    token_interval: float = shipped(Fact.TOKEN_INTERVAL, "real")
    registrations: int = shipped(Fact.REGISTRATIONS, "real")
    at_once: int = 9
    connect_timeout: float = 5
    reply_timeout: float = 10
    ack_timeout: float = 10
    silence: float = shipped(Fact.SILENCE, "real")

    def __post_init__(self) -> None:
        if not self.calls_per_second > 0:
            raise SettingsError(
                _("calls_per_second must be above 0, not {calls_per_second}").format(
                    calls_per_second=self.calls_per_second
                )
            )


NEW_CUSTOMER_LIMITS = Limits(calls_per_second=3)
"""Real accounts in their first three days (since 2026-04-03)."""


@dataclass(frozen=True)
class Server:
    """One of the broker's servers, or a simulated one in its place."""

    personality: Personality
    rest_url: str
    ws_url: str
    limits: Limits = field(default_factory=Limits)
    lists_orders: bool = True
    """Whether a list of the day's orders without rows means that there are none."""

    def known(self, profile: Profile) -> Self:
        """Return it with what a profile says of it."""
        number = profile.number
        limits = replace(
            self.limits,
            calls_per_second=number(Fact.CALLS_PER_SECOND),
            token_interval=number(Fact.TOKEN_INTERVAL),
            registrations=number(Fact.REGISTRATIONS),
            silence=number(Fact.SILENCE),
        )
        lists = bool(profile.in_force(Fact.LISTS_ORDERS).value)
        return replace(self, limits=limits, lists_orders=lists)

    def at(self, url: str) -> Self:
        """Return it as a simulated exchange offers it: one address for both protocols."""
        return replace(self, rest_url=url, ws_url=url.replace("http", "ws", 1) + "/tryitout")


REAL_SERVER = Server(
    "real",
    "https://openapi.koreainvestment.com:9443",
    "ws://ops.koreainvestment.com:21000/tryitout",
)
VIRTUAL_SERVER = Server(
    "virtual",
    "https://openapivts.koreainvestment.com:29443",
    "ws://ops.koreainvestment.com:31000/tryitout",
    Limits(calls_per_second=shipped(Fact.CALLS_PER_SECOND, "virtual")),
    lists_orders=bool(TABLE[Fact.LISTS_ORDERS].virtual.value),
)


def mask_account(account: str) -> str:
    """Hide half of an account number: `12345678-01` becomes `1234****-01`."""
    return f"{account[:4]}****{account[8:]}"


@dataclass(frozen=True, repr=False)
class AppKey:
    """An app key, and the HTS id whose condition searches it may ask for; no account.

    Raises:
        SettingsError: a key is blank.
    """

    app_key: str
    app_secret: str
    account: str = field(default="", init=False)
    hts_id: str = ""

    def __post_init__(self) -> None:
        if not self.app_key or not self.app_secret:
            raise SettingsError(_("app key and app secret must both be given"))

    def __repr__(self) -> str:
        return "AppKey()"

    @property
    def masked_account(self) -> str:
        """The account number as it may be shown and logged; blank for none."""
        return mask_account(self.account) if self.account else ""

    def fingerprint(self, server: Server) -> str:
        """Return a name for files that belong to this app key on this server alone."""
        text = f"{server.personality} {server.rest_url} {self.app_key}"
        return f"{server.personality}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, repr=False)
class Credentials(AppKey):
    """An app key with its account (`12345678-01`) and the HTS id of its owner.

    Raises:
        SettingsError: the account is not eight digits, a dash and two digits, or a key is blank.
    """

    account: str = field(default="", init=True)
    hts_id: str = ""

    def __post_init__(self) -> None:
        if not _ACCOUNT.fullmatch(self.account):
            raise SettingsError(
                _("an account number looks like 12345678-01 (eight digits, dash, two)")
            )
        super().__post_init__()

    def __repr__(self) -> str:
        return f"Credentials(account={self.masked_account!r})"

    @property
    def cano(self) -> str:
        """The first eight digits (종합계좌번호)."""
        return self.account[:8]

    @property
    def product(self) -> str:
        """The last two digits (계좌상품코드)."""
        return self.account[9:]
