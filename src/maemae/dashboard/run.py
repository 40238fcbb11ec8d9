"""The dashboard of some settings: which trader, which ledger, which password."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from argon2 import PasswordHasher

from maemae.dashboard.backtests import Backtests
from maemae.dashboard.entrance import Entrance, shown
from maemae.dashboard.server import locks_for, serve
from maemae.dashboard.source import Address, Source
from maemae.errors import ServiceError
from maemae.i18n import _
from maemae.service.kept import kept_plans, open_history
from maemae.service.running import DEMO_VENUE, find_pass
from maemae.strategy.find import own_folder
from maemae.trader.settings import Settings
from maemae.trader.venue import data_dir

TOKEN = "MAEMAE_DASHBOARD_TOKEN"  # noqa: S105 - the name of the variable
SHORTEST = 10


async def run_dashboard(settings: Settings, tell: Callable[[Entrance], None]) -> None:
    """Serve the dashboard until interrupted; `tell` hears how to get in.

    Raises:
        ServiceError: it cannot listen, or is not safe to open as it is set.
    """
    chosen = settings.dashboard
    lock, links = locks_for(chosen, read_password(settings))
    with open_history(settings) as history, ExitStack() as stack:
        source = Source(lambda: _address(settings), history, lambda: kept_plans(settings))
        runs = Backtests(data_dir(settings) / "backtests", own_folder(), settings.bars.folder)

        def listening(url: str) -> None:
            entrance = Entrance(url, links.key, settings.venue)
            stack.enter_context(shown(data_dir(settings), entrance))
            tell(entrance)

        await serve(chosen, (lock, links), source, runs, listening)


def keep_password(settings: Settings, given: str) -> Path:
    """Keep the hash of a password, readable by its owner only; return where.

    Raises:
        ServiceError: it is too short, or cannot be kept.
    """
    if len(given) < SHORTEST:
        raise ServiceError(
            _("a password needs {shortest} characters at least").format(shortest=SHORTEST)
        )
    file = _password_file(settings)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(PasswordHasher().hash(given))
    except OSError as error:
        raise ServiceError(
            _("{file} cannot be written: {why}").format(file=file, why=error.strerror)
        ) from error
    return file


def read_password(settings: Settings) -> str:
    """Return the hash of the password, blank where none was set.

    Raises:
        ServiceError: it cannot be read.
    """
    try:
        return _password_file(settings).read_text().strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ServiceError(
            _("the password file cannot be read: {error}").format(error=error)
        ) from error


def _password_file(settings: Settings) -> Path:
    return data_dir(settings) / "dashboard-password"


def _address(settings: Settings) -> Address:
    """Find the trader: the one elsewhere that the settings name, or the one on this machine."""
    if settings.dashboard.trader:
        token = os.environ.get(TOKEN, "")
        if not token:
            raise ServiceError(_("dashboard.trader is set, and {token} is not").format(token=TOKEN))
        return Address(settings.dashboard.trader, token)
    shown = find_pass(settings)
    return Address(shown.url, shown.command, same_ledger=shown.venue != DEMO_VENUE)
