"""Values of settings as they are written in TOML, and as they may be shown."""

import re
from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import tomlkit
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from maemae.kis import mask_account

_ACCOUNT = re.compile(r"\d{8}-\d{2}")
_GROUPED = 10_000


def as_toml(value: Any) -> str:
    """Write a value as it stands behind the equals sign of a TOML file."""
    match value:
        case tuple() | list():
            return "[" + ", ".join(as_toml(one) for one in value) + "]"
        case Mapping():
            pairs = ", ".join(f"{key} = {as_toml(one)}" for key, one in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case _:
            return _scalar(value)


def _scalar(value: Any) -> str:
    match value:
        case bool() | float():
            return tomlkit.item(value).as_string()
        case int():
            return f"{value:_}" if abs(value) >= _GROUPED else str(value)
        case Decimal():
            return format(value.normalize(), "f")
        case time():
            return f'"{value:%H:%M:%S}"' if value.second else f'"{value:%H:%M}"'
        case _:
            return tomlkit.item(
                value.as_posix() if isinstance(value, Path) else str(value)
            ).as_string()


def shown(value: Any) -> str:
    """Write a value for a person's eyes: account numbers and passwords in addresses masked."""
    if value is None:
        return "-"
    if isinstance(value, str) and "://" in value and "@" in value:
        try:
            value = make_url(value).render_as_string(hide_password=True)
        except ArgumentError:
            value = re.sub(r"//[^@]*@", "//***@", value)
    return _ACCOUNT.sub(lambda found: mask_account(found[0]), as_toml(value))
