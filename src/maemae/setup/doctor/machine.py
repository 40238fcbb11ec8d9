"""The machine: Python, packages, disk."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from maemae import __version__
from maemae.i18n import _
from maemae.setup.doctor.finding import Finding, attention, fault, ok
from maemae.trader.settings import Settings
from maemae.trader.venue import data_dir

OLDEST = (3, 11)
SHOWN = ("aiohttp", "msgspec", "pydantic", "sqlalchemy", "polars", "numba", "ta-lib")
"""Packages whose versions a report of a fault should name."""

LITTLE = 1 << 30
TOO_LITTLE = 100 << 20
"""Bytes free at which to look, and at which a ledger may fail to be written."""


def machine(settings: Settings) -> Iterator[Finding]:
    """Look at Python, the packages and the disk."""
    yield _python()
    yield _packages(settings)
    yield _disk(settings)


def _python() -> Finding:
    said = f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    if sys.version_info < OLDEST:
        return fault("python", said, _("install Python 3.11 or newer"))
    return ok("python", said)


def _packages(settings: Settings) -> Finding:
    missing, found = [], [f"maemae {__version__}"]
    for name in SHOWN:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    extras = [extra for module, extra in _wanted(settings) if find_spec(module) is None]
    said = ", ".join(found)
    if missing:
        lacking = _("missing: {names}").format(names=", ".join(missing))
        return fault("packages", lacking, _("install maemae again: pip install maemae"))
    if extras:
        lacking = _("the settings need what is not installed: {names}").format(
            names=", ".join(extras)
        )
        return fault("packages", lacking, f"pip install 'maemae[{','.join(sorted(set(extras)))}]'")
    return ok("packages", said)


def _wanted(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the modules that the settings need beyond the core, with their extras."""
    if settings.telegram.chat_ids:
        yield "telegram", "telegram"
    if settings.channel:
        yield "apprise", "notify"
    if (settings.ledger or "").startswith("postgres"):
        yield "pg8000", "postgres"


def _disk(settings: Settings) -> Finding:
    folder = _there(data_dir(settings))
    free = shutil.disk_usage(folder).free
    said = _("{free:.1f} GB free in {folder}").format(free=free / 1e9, folder=folder)
    for one in (folder, _there(settings.log_dir.absolute())):
        if not os.access(one, os.W_OK):
            return fault(
                "disk",
                _("{folder} cannot be written to").format(folder=one),
                _("give yourself the right to write there, or set data_dir and log_dir"),
            )
    if free < TOO_LITTLE:
        return fault("disk", said, _("make room: the ledger must never fail to be written"))
    if free < LITTLE:
        return attention("disk", said, _("make room soon"))
    return ok("disk", said)


def _there(folder: Path) -> Path:
    """Return the folder, or the closest above it that exists."""
    return next(one for one in (folder, *folder.parents) if one.is_dir())
