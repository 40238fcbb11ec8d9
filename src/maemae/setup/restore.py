"""Putting a backup in place. What was there before is put aside, never deleted."""

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from maemae.clock import KST
from maemae.errors import DataError, SettingsError
from maemae.i18n import _
from maemae.ledger.copies import count_facts
from maemae.ledger.migrate import knows
from maemae.setup.archive import SETTINGS, Manifest, dry_account, ledger_files
from maemae.trader.lock import running_traders
from maemae.trader.settings import VENUES, Settings, load_settings
from maemae.trader.venue import DRY_ACCOUNT, data_dir

_WITH_LEDGER = ("", "-wal", "-shm")
"""What belongs to an SQLite file: the file itself, its log and the log's index."""


@dataclass(frozen=True)
class Step:
    """A file that would be put in place.

    Attributes:
        source: the part of the backup, unpacked.
        target: where it goes.
        replaces: whether something is there that would be put aside.
        lost: facts that the ledger there has beyond the backup; None: it cannot be read.
    """

    source: Path
    target: Path
    replaces: bool = False
    lost: int | None = 0


def plan(manifest: Manifest, unpacked: Path, config: Path, *, settings: bool) -> list[Step]:
    """Return what restoring would do; changes nothing.

    Args:
        manifest: of the backup.
        unpacked: the folder with its parts.
        config: the settings file to be restored.
        settings: whether it is, or the settings now in force stay.

    Raises:
        SettingsError: the settings that would hold cannot be used, or a trader runs.
        DataError: a ledger was written by a newer maemae.
    """
    names = {part.name for part in manifest.parts}
    for part in manifest.parts:
        if part.is_ledger and not knows(part.revision):
            said = _("{part} was written by a newer maemae: install {version} or later")
            raise DataError(said.format(part=part.name, version=manifest.maemae))
    settings = settings and SETTINGS in names
    inforce = _load(unpacked / SETTINGS if settings else config)
    _nobody_trades(inforce)
    return list(_steps(manifest, unpacked, config if settings else None, inforce))


ADDRESSES = (
    "live.rest_url", "live.ws_url", "paper.rest_url", "paper.ws_url", "sim.url", "sim.virtual_url",
    "masters_url", "telegram.api_url", "dashboard.trader", "ledger",
)  # fmt: skip
"""Settings that say who gets keys, orders, messages and facts."""


def new_addresses(steps: list[Step], config: Path) -> list[tuple[str, str, str]]:
    """Return which addresses the settings of a backup change: name, now, then.

    Raises:
        SettingsError: the settings of the backup cannot be used.
    """
    restored = next((step.source for step in steps if step.source.name == SETTINGS), None)
    if restored is None:
        return []
    then = load_settings(restored)
    try:
        now = _load(config)
    except SettingsError:
        # Nobody can say what they were: all that are named are shown.
        return [(name, "?", one) for name in ADDRESSES if (one := _address(then, name))]
    pairs = [(name, _address(now, name), _address(then, name)) for name in ADDRESSES]
    return [one for one in pairs if one[1] != one[2]]


def _address(settings: Settings, name: str) -> str:
    value: object = settings
    for part in name.split("."):
        value = getattr(value, part)
    return str(value or "")


def carry_out(steps: list[Step]) -> list[Path]:
    """Put the parts in place; return what was put aside.

    Raises:
        DataError: a file cannot be written; says which. What was put aside is where it was put.
    """
    aside = f"before-restore-{datetime.now(KST):%Y%m%d-%H%M%S}"
    kept = []
    for step in steps:
        try:
            step.target.parent.mkdir(parents=True, exist_ok=True)
            if step.replaces:
                kept.append(_put_aside(step.target, aside))
            fresh = step.target.with_name(f"{step.target.name}.part")
            shutil.copyfile(step.source, fresh)
            fresh.chmod(0o600)
            fresh.replace(step.target)
        except OSError as error:
            said = _("{file} cannot be written: {why}")
            raise DataError(said.format(file=step.target, why=error.strerror)) from error
    return kept


def _steps(
    manifest: Manifest, unpacked: Path, config: Path | None, settings: Settings
) -> Iterator[Step]:
    homes = ledger_files(settings)
    for part in manifest.parts:
        source = unpacked / part.name
        if part.name == DRY_ACCOUNT:
            account = dry_account(settings)
            if not _same(source, account):
                yield Step(source, account, account.exists())
            continue
        if not part.is_ledger:
            if config is not None and not _same(source, config):
                yield Step(source, config, config.exists())
            continue
        target = homes.get(part.name)
        if target is None:
            said = _("the settings have no place for {part}: see `ledger` in maemae.toml")
            raise SettingsError(said.format(part=part.name))
        yield Step(source, target, target.exists(), _beyond(part.facts, target))


def _put_aside(target: Path, word: str) -> Path:
    kept = target.with_name(f"{target.name}.{word}")
    for ending in _WITH_LEDGER:
        one = Path(f"{target}{ending}")
        if one.exists():
            one.rename(Path(f"{kept}{ending}"))
    return kept


def _beyond(facts: dict[str, int], target: Path) -> int | None:
    """Return how many facts a ledger has that a backup lacks; None where it cannot be read."""
    if not target.exists():
        return 0
    try:
        here = count_facts(target)
    except sqlite3.DatabaseError:
        return None
    return sum(max(0, count - facts.get(account, 0)) for account, (count, _at) in here.items())


def _same(source: Path, target: Path) -> bool:
    return target.exists() and source.read_bytes() == target.read_bytes()


def _load(file: Path) -> Settings:
    return load_settings(file) if file.is_file() else load_settings()


def _nobody_trades(settings: Settings) -> None:
    folder = data_dir(settings)
    for venue in VENUES:
        for who in running_traders(folder, venue):
            said = _("a trader is running ({who}): stop it before its ledger is replaced")
            raise SettingsError(said.format(who=f"{venue}: {who}"))
