"""What other programs' files say of keys, accounts and habits: kis_devlp.yaml, YAML, .env."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from maemae.errors import DataError
from maemae.i18n import _

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

_VIRTUAL = re.compile(r"paper|virtual|mock|vts|vps|demo|모의")
_REAL = re.compile(r"real|live|(^|_)my_|실전")
_KINDS: Final[Mapping[str, re.Pattern[str]]] = {
    "app_key": re.compile(r"(^|_)(app_?key|(my|paper)_app)($|_)"),
    "app_secret": re.compile(r"(^|_)(app_?secret|secret_?key|(my|paper)_sec)($|_)"),
    "account": re.compile(r"(^|_)(account(_no|_number)?|acct(_stock)?|paper_stock|cano)($|_)"),
    "product": re.compile(r"(^|_)(acnt_prdt_cd|product(_code)?|my_prod)$"),
    "hts_id": re.compile(r"hts_?id|(^|_)user_id$"),
    "token": re.compile(r"(telegram|bot)\w*token"),
    "chat": re.compile(r"telegram\w*chat|(^|_)chat_id"),
    "switch": re.compile(r"(^|_)(env|mode|mock|is_mock|virtual|is_virtual|paper|is_paper)$"),
    "condition": re.compile(r"(^|_)condition(_seq|_no|_number|_idx)?$"),
    "amount": re.compile(r"order_cash_per_trade|(^|_)(buy_)?amount(_per_(name|stock|trade))?$"),
    "take_profit": re.compile(r"take_?profit"),
    "stop_loss": re.compile(r"stop_?loss"),
    "max_names": re.compile(r"max_(positions|names|holdings|stocks)"),
}
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
    "take_profit": re.compile(r"\d{0,3}(\.\d+)?"),
    "stop_loss": re.compile(r"-?\d{0,3}(\.\d+)?"),
    "max_names": re.compile(r"\d{1,2}"),
}
"""What a value must look like: samples come with words such as "앱키" in the place of keys."""


@dataclass
class Found:
    """What a file says that maemae can use.

    Attributes:
        settings: by full name, as text.
        secrets: never to be shown.
    """

    path: Path
    settings: dict[str, str] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        return bool(self.settings or self.secrets)

    @property
    def names(self) -> list[str]:
        """What was found, by name alone."""
        return [*(f"{owner} {name}" for owner, name in sorted(self.secrets)), *self.settings]


def look(folder: Path, home: Path) -> Iterator[Found]:
    """Yield what the known files in a folder, and the broker's own place, say.

    Raises:
        DataError: such a file is there and cannot be read.
    """
    for path in (*(folder / name for name in _FILES), home / _OFFICIAL):
        if path.is_file() and (found := read(path)):
            yield found


def read(path: Path) -> Found:
    """Read a file of another program: YAML, or NAME=VALUE lines.

    Raises:
        DataError: it cannot be read; never quotes it.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or _("it is no UTF-8 text")
        raise DataError(f"{path}: {why}") from None
    flat = dict(_lines(text)) if path.suffix not in (".yaml", ".yml") else _yaml(path, text)
    return _sort(path, flat)


def _yaml(path: Path, text: str) -> dict[str, str]:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise DataError(f"{path}{line}: " + _("this is no YAML")) from None
    return dict(_flat("", content)) if isinstance(content, dict) else {}


def _flat(prefix: str, content: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    for key, value in content.items():
        name = f"{prefix}_{key}".strip("_").lower()
        if isinstance(value, Mapping):
            yield from _flat(name, value)
        elif isinstance(value, str | int | float):
            yield name, str(value).strip()


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            bare = value.strip()
            if bare[:1] in ("'", '"'):
                bare = bare[1:].partition(bare[0])[0]
            else:
                bare = bare.partition(" #")[0].strip()
            yield name.strip().lower(), bare


def _sort(path: Path, flat: Mapping[str, str]) -> Found:
    """Put every value where it belongs."""
    found = Found(path)
    usual = _usual_venue(flat)
    products: dict[str, str] = {}
    for name, value in flat.items():
        kind = _kind(name, value)
        if kind is None or "future" in name:
            continue
        venue = "paper" if _VIRTUAL.search(name) else "live" if _REAL.search(name) else usual
        if kind in ("app_key", "app_secret"):
            found.secrets[venue, kind] = value
        elif kind == "token":
            found.secrets["telegram", "token"] = value
        elif kind == "product":
            products[venue] = value
        else:
            found.settings[_place(kind, venue)] = _put(kind, value)
    _complete(found, products)
    return found


def _usual_venue(flat: Mapping[str, str]) -> str:
    """Return the venue of what is not marked, as the file's own switch has it."""
    for name, value in flat.items():
        if _KINDS["switch"].search(name):
            word = value.lower()
            said_yes = word in ("true", "1", "yes", "y") and not name.endswith(("env", "mode"))
            if said_yes or _VIRTUAL.search(word):
                return "paper"
    return "live"


def _kind(name: str, value: str) -> str | None:
    for kind, pattern in _KINDS.items():
        if kind in _SHAPES and pattern.search(name) and _SHAPES[kind].fullmatch(value):
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
    for venue in ("paper", "live"):
        key = f"{venue}.account"
        if key in found.settings:
            digits = found.settings[key].replace("-", "")
            product = products.get(venue) or products.get("live") or products.get("paper") or "01"
            found.settings[key] = f"{digits[:8]}-{digits[8:] or product}"
