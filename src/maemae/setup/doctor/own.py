"""What is maemae's own: settings, secrets, a running trader, the ledger, the calendar."""

import os
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from maemae.desk.commands import STREAMED
from maemae.desk.quoting import ASK_BEYOND
from maemae.errors import DataError, MaemaeError
from maemae.i18n import _
from maemae.kis import mask_account
from maemae.ledger.copies import examine_sqlite
from maemae.ledger.ledger import Ledger
from maemae.ledger.migrate import HEAD
from maemae.market.calendar import krx
from maemae.profile.facts import TWELVE
from maemae.profile.standing import standing
from maemae.setup.doctor.finding import Finding, attention, fault, ok, skipped
from maemae.trader.keys import locate_secret
from maemae.trader.lock import running_traders
from maemae.trader.secret_file import VARIABLE
from maemae.trader.server_profile import load_profile, personality_of
from maemae.trader.setting_keys import PREFIX, keys, sections
from maemae.trader.setting_origins import Origins
from maemae.trader.settings import Settings
from maemae.trader.venue import data_dir, ledger_url

_OTHER_VARIABLES = {"MAEMAE_DASHBOARD_TOKEN", "MAEMAE_TELEGRAM_TOKEN", VARIABLE}
_SOON = 60
"""Days before the calendar's end at which to say so."""


def settings_found(settings: Settings, origins: Origins) -> Iterator[Finding]:
    """Say which settings are in force, and what about them is odd."""
    file = str(origins.file) if origins.file else _("no file, the defaults")
    yield ok("settings", _("{file}; venue {venue}").format(file=file, venue=settings.venue))
    yield ok("books", ", ".join(f"{book.name} ({book.way})" for book in settings.book))
    names = sum(book.max_names for book in settings.book)
    if names > STREAMED:
        yield ok(
            "prices",
            _(
                "the books may hold {names} names, and the stream carries {streamed}: the prices "
                "of the others are asked for every {every} s, thirty in a call"
            ).format(names=names, streamed=STREAMED, every=int(ASK_BEYOND.total_seconds())),
        )
    stray = sorted(_stray(settings))
    if stray:
        yield attention(
            "environment",
            _("not understood: {names}").format(names=", ".join(stray)),
            _("see the names in `maemae config explain KEY`; tables are joined by __"),
        )


def _stray(settings: Settings) -> Iterator[str]:
    known = {key.variable for key in keys(type(settings))} | _OTHER_VARIABLES
    known |= {PREFIX + "__".join(one.path).upper() for one in sections(type(settings))}
    known |= {f"MAEMAE_CHANNEL_{one.name.upper()}" for one in settings.channel}
    for venue in ("PAPER", "LIVE"):
        known |= {f"MAEMAE_{venue}_APP_KEY", f"MAEMAE_{venue}_APP_SECRET"}
    return (name for name in os.environ if name.upper().startswith(PREFIX) and name not in known)


def secrets_found(settings: Settings) -> Finding:
    """Say which of the secrets that the settings need are there, and where."""
    if settings.venue == "sim":
        return ok("secrets", _("the simulated exchange needs none"))
    wanted = {"dry": ("live",), "paper": ("paper", "live"), "live": ("live",)}[settings.venue]
    found, missing = [], []
    for venue in wanted:
        for name in ("app_key", "app_secret"):
            try:
                secret = locate_secret(venue, name)
            except MaemaeError as error:
                return fault("secrets", str(error), _("see that only you may read that file"))
            if secret is None:
                missing.append(f"{venue} {name}")
            else:
                found.append(f"{venue} {name}: {_home(secret.home)}")
    said = ", ".join(found)
    if not missing:
        return ok("secrets", said)
    lacking = _("missing: {names}").format(names=", ".join(missing))
    advice = _("run `maemae init`")
    if settings.venue == "paper" and all(one.startswith("live") for one in missing):
        needed = _("the virtual server has no condition search: a live key is asked for data only")
        return fault("secrets", f"{lacking} ({needed})", advice)
    return fault("secrets", lacking, advice)


def _home(home: str) -> str:
    return {"environment": _("environment"), "keyring": _("keyring"), "file": _("file")}[home]


def traders(settings: Settings) -> list[str]:
    """Return the traders that hold app keys of the settings' venue at this moment."""
    # Paper trading and a dry run hold the live key too, for data.
    venues = ("sim",) if settings.venue == "sim" else ("dry", "paper", "live")
    return [
        f"{venue}: {who}" for venue in venues for who in running_traders(data_dir(settings), venue)
    ]


def trader_found(running: list[str]) -> Finding:
    """Say whether a trader is running."""
    if not running:
        return ok("trader", _("none is running"))
    return ok("trader", "; ".join(running))


def calendar_found(today: date) -> Finding:
    """Say how far the trading calendar reaches."""
    calendar = krx()
    said = _("trading days are known until {day}").format(day=calendar.last)
    left = (calendar.last - today).days
    if left < 0:
        return fault("calendar", said, _("install a newer maemae"))
    if left < _SOON:
        return attention("calendar", said, _("install a newer maemae soon"))
    return ok("calendar", said)


def profile_found(settings: Settings, today: date) -> Finding:
    """Say how well the most dangerous facts of the order server are known."""
    venue = settings.venue
    if venue in ("sim", "dry"):
        return ok("profile", _("a simulated exchange is what its switches make it"))
    try:
        profile = load_profile(data_dir(settings), venue, personality_of(settings, venue))
    except DataError as error:
        return fault("profile", str(error), _("mend that file, or remove it"))
    stands = standing([profile], today)
    said = _("{n} of the {all} most dangerous facts are known").format(
        n=stands.known, all=len(TWELVE)
    )
    advice = _("see `maemae profile`; `maemae probe --venue paper` asks 모의투자")
    if stands.assumed:
        names = ", ".join(stands.assumed)
        lacking = _("only assumed: {names}").format(names=names)
        return attention("profile", f"{said}; {lacking}", advice)
    if stands.old:
        aged = _("found long ago: {names}").format(names=", ".join(stands.old))
        return attention("profile", f"{said}; {aged}", advice)
    return ok("profile", said)


def ledger_found(settings: Settings) -> Finding:
    """Look at the ledger without changing it."""
    url = ledger_url(settings)
    if isinstance(url, Path):
        if not url.exists():
            return ok("ledger", _("none yet; the first day makes {file}").format(file=url))
        try:
            version, problem = examine_sqlite(url)
        except sqlite3.DatabaseError as error:
            problem, version = str(error), ""
        if problem:
            return fault("ledger", f"{url}: {problem}", _("restore a backup: maemae restore FILE"))
        if version != HEAD:
            return attention(
                "ledger",
                _("{file} is of version {version}; this maemae works with {head}").format(
                    file=url, version=version or "-", head=HEAD
                ),
                _("the next start brings it up to date, and keeps a copy beside it"),
            )
    try:
        return ok("ledger", _facts(url))
    except MaemaeError as error:
        return fault("ledger", str(error), _("restore a backup: maemae restore FILE"))


def _facts(url: str | Path) -> str:
    parts = []
    with Ledger(url, "") as ledger:
        accounts = ledger.accounts()
    for account in accounts:
        with Ledger(url, account) as ledger:
            count, last = ledger.count(), ledger.last()
        until = f"{last.at:%Y-%m-%d %H:%M}" if last else "-"
        parts.append(
            _("{account}: {count:,} facts until {until}").format(
                account=mask_account(account), count=count, until=until
            )
        )
    return "; ".join(parts) or _("empty")


def books_needed(settings: Settings) -> dict[int, str]:
    """Return the numbers of the condition searches that books name, with the book."""
    return {book.condition: book.name for book in settings.book if hasattr(book, "condition")}


def not_now(check: str, running: list[str]) -> Finding:
    """Say that something is left alone because a trader uses the app key."""
    return skipped(
        check, _("left alone: a trader is running ({who})").format(who="; ".join(running))
    )
