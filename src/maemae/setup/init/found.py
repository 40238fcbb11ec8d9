"""What other programs have of keys, accounts and habits: kis_devlp.yaml, YAML, .env, keyring."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import keyring
from keyring.errors import KeyringError

from maemae.i18n import _
from maemae.setup.init.foreign import Flat, read_flat
from maemae.setup.init.servers import LIVE, PAPER, Verdict, is_evidence, judge, marked

Secrets = dict[tuple[str, str], str]
"""Secrets by owner and name, as the keyring has them: `("paper", "app_key")`."""

_FILES: Final = (
    "kis_devlp.yaml",
    "secrets.yaml",
    "setting.yaml",
    "settings.yaml",
    "config/kis_devlp.yaml",
    "config/secrets.yaml",
    "config/setting.yaml",
    "config/settings.yaml",
    ".env",
)
_OFFICIAL = "KIS/config/kis_devlp.yaml"
"""Where the broker's own samples look, in the home folder."""

_SERVICES: Final = (
    "mock_app_key",
    "mock_app_secret",
    "real_app_key",
    "real_app_secret",
    "real_app_secrect",
)
"""Services under which Korean textbooks, and programs written by them, keep the keys, the last one
misspelt; the user's name there is any."""

_KINDS: Final[Mapping[str, re.Pattern[str]]] = {
    "app_key": re.compile(r"(^|_)(app_?key|(my|paper)_app)($|_)"),
    "app_secret": re.compile(r"(^|_)(app_?secret|secret_?key|(my|paper)_sec)($|_)"),
    "account": re.compile(r"(^|_)(account(_no|_number)?|acct(_stock)?|paper_stock|cano)($|_)"),
    "product": re.compile(r"(^|_)(acnt_prdt_cd|product(_code)?|my_prod)$"),
    "hts_id": re.compile(r"hts_?id|(^|_)user_id$"),
    "token": re.compile(r"(telegram|bot)\w*token"),
    "chat": re.compile(r"telegram\w*chat|(^|_)chat_id"),
    "condition": re.compile(r"(^|_)condition(_seq|_no|_number|_idx)?$"),
    "amount": re.compile(r"order_cash_per_trade|(^|_)(buy_)?amount(_per_(name|stock|trade))?$"),
    "take_profit": re.compile(r"take_?profit"),
    "stop_loss": re.compile(r"stop_?loss"),
    "max_names": re.compile(r"max_(positions|names|holdings|stocks)"),
    "fee_bp": re.compile(r"(^|_)(fee|commission)_bps?$"),
    "tax_bp": re.compile(r"(^|_)tax_bps?$"),
    "slippage_bp": re.compile(r"(^|_)slippage_bps?$"),
}
_BASIS_POINTS = re.compile(r"\d{1,3}(\.\d{1,2})?")
_SHAPES: Final[Mapping[str, re.Pattern[str]]] = {
    "app_key": re.compile(r"[A-Za-z0-9]{20,60}"),
    "app_secret": re.compile(r"[A-Za-z0-9+/=]{40,300}"),
    "account": re.compile(r"\d{8}(-?\d{2})?"),
    "product": re.compile(r"\d{2}"),
    "hts_id": re.compile(r"[@$\w.-]{2,20}", re.ASCII),
    "token": re.compile(r"\d{6,12}:[\w-]{30,60}"),
    "chat": re.compile(r"-?\d{3,16}"),
    "condition": re.compile(r"\d{1,3}"),
    "amount": re.compile(r"\d{4,12}"),
    "take_profit": re.compile(r"\d{1,3}(\.\d{1,9})?|\.\d{1,9}"),
    "stop_loss": re.compile(r"-?(\d{1,3}(\.\d{1,9})?|\.\d{1,9})"),
    "max_names": re.compile(r"\d{1,2}"),
    **dict.fromkeys(("fee_bp", "tax_bp", "slippage_bp"), _BASIS_POINTS),
}
"""What a value must look like: samples come with words such as "앱키" in the place of keys."""


@dataclass
class Found:
    """What a file, or the keyring, says that maemae can use.

    Attributes:
        source: which, in words.
        settings: by full name, as text.
        secrets: never to be shown.
        unused: the names of what was not understood, or is said twice with two values.
        verdict: whose the keys are that do not say it themselves.
    """

    source: str
    settings: dict[str, str] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=dict, repr=False)
    unused: list[str] = field(default_factory=list)
    verdict: Verdict = field(default_factory=lambda: Verdict(LIVE))
    _flat: Flat = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        return bool(self.settings or self.secrets)

    @property
    def names(self) -> list[str]:
        """What was found, by name alone."""
        return [*(f"{owner} {name}" for owner, name in sorted(self.secrets)), *self.settings]

    def belonging(self, venue: str) -> "Found":
        """Return the same with its unmarked keys at a venue, as its owner says."""
        return _sort(self.source, self._flat, Verdict(venue))


def look(folder: Path, home: Path) -> Iterator[Found]:
    """Yield what the known files in a folder, and the broker's own place, say.

    Raises:
        DataError: such a file is there and cannot be read.
    """
    for path in (*(folder / name for name in _FILES), home / _OFFICIAL):
        if path.is_file() and (found := read(path)):
            yield found


def read(path: Path) -> Found:
    """Read a file of another program.

    Raises:
        DataError: it cannot be read; never quotes it.
    """
    flat = read_flat(path)
    keys = [name for name in flat if _named(name, "app_key") or _named(name, "app_secret")]
    return _sort(str(path), flat, judge(flat, keys))


def kept() -> Iterator[Found]:
    """Yield what other programs keep in the system's keyring, where it can be asked without names.

    A keyring that is locked, or is none, has nothing for us.
    """
    flat = dict[str, str]()
    for service in _SERVICES:
        try:
            one = keyring.get_credential(service, None)
        except KeyringError:
            return
        if one is not None and one.password:
            flat.setdefault(service.replace("secrect", "secret"), one.password)
    if flat:
        yield _sort(_("keyring"), flat, Verdict(LIVE))


def _sort(source: str, flat: Flat, verdict: Verdict) -> Found:
    """Put every value where it belongs."""
    found = Found(source, verdict=verdict, _flat=flat)
    products: dict[str, str] = {}
    for name, value in flat.items():
        kind = _kind(name, value)
        if kind is None or "future" in name:
            if value and not is_evidence(name, value):
                found.unused.append(name)
            continue
        venue = marked(name) or verdict.venue or LIVE
        if not _keep(found, products, kind, venue, value):
            found.unused.append(name)
    _complete(found, products)
    return found


def _keep(found: Found, products: dict[str, str], kind: str, venue: str, value: str) -> bool:
    """Keep a value at its place; whether it could be: the first of two that differ stays."""
    if kind in ("app_key", "app_secret"):
        return found.secrets.setdefault((venue, kind), value) == value
    if kind == "token":
        return found.secrets.setdefault(("telegram", "token"), value) == value
    if kind == "product":
        return products.setdefault(venue, value) == value
    put = _put(kind, value)
    return found.settings.setdefault(_place(kind, venue), put) == put


def _named(name: str, kind: str) -> bool:
    return _KINDS[kind].search(name) is not None


def _kind(name: str, value: str) -> str | None:
    for kind, shape in _SHAPES.items():
        if _named(name, kind) and shape.fullmatch(value):
            return kind
    return None


def _place(kind: str, venue: str) -> str:
    match kind:
        case "account":
            return f"{venue}.account"
        case "hts_id":
            return "live.hts_id"
        case "chat":
            return "telegram.chat_ids"
        case "fee_bp" | "tax_bp" | "slippage_bp":
            return f"costs.{kind}"
        case _:
            return f"book.{kind}"


def _put(kind: str, value: str) -> str:
    """Bring rates to percent: files have 2, 2.0, -1 and 0.02 for the same kind of thing."""
    if kind not in ("take_profit", "stop_loss"):
        return value
    rate = abs(float(value))
    return f"{rate if rate >= 0.5 else rate * 100:g}%"  # noqa: PLR2004 - half a percent


def _complete(found: Found, products: Mapping[str, str]) -> None:
    """Write accounts as 12345678-01."""
    for venue in (PAPER, LIVE):
        key = f"{venue}.account"
        if key in found.settings:
            digits = found.settings[key].replace("-", "")
            product = products.get(venue) or products.get(LIVE) or products.get(PAPER) or "01"
            found.settings[key] = f"{digits[:8]}-{digits[8:] or product}"
