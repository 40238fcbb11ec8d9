"""A backup: one zip file of ledgers and settings, with what is in it and the digest of each part.

The account of a dry run, which no broker keeps, is in it beside its ledger.

No secret is in it. Account numbers and trades are, so that only its owner may read it.
"""

import hashlib
import os
import re
import zipfile
import zlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from maemae import __version__
from maemae.clock import KST
from maemae.errors import DataError, LedgerError, SettingsError
from maemae.i18n import _
from maemae.ledger.copies import copy_sqlite, count_facts, examine_sqlite, sqlite_file
from maemae.reading import SETTINGS as SETTINGS_BYTES
from maemae.reading import opened, unzip_to, unzipped
from maemae.trader.settings import VENUES, Settings
from maemae.trader.venue import DRY_ACCOUNT, data_dir

SETTINGS = "maemae.toml"
_MANIFEST = "manifest.json"
_NAME = re.compile(r"maemae\.toml|dry-account\.json|ledger(-[a-z]+)?\.sqlite")
_UNFOLDS = 100
"""How many times its size an archive may unfold to; ledgers come to about ten times."""
_LEAST = 64 << 20
"""Bytes that any archive may unfold to."""
_UNREADABLE = (
    *(KeyError, zipfile.BadZipFile, zlib.error, OSError),
    *(msgspec.MsgspecError, RecursionError, UnicodeDecodeError),
)


class Part(msgspec.Struct, frozen=True):
    """A file of a backup.

    Attributes:
        name: in the archive; `maemae.toml`, or the file name of a ledger or of a dry run's account.
        sha256: of its content, in hexadecimal.
        revision: of a ledger's tables; blank for the others.
        facts: how many facts a ledger has, by account.
        last: when its last fact was; blank where there is none.
    """

    name: str
    sha256: str
    revision: str = ""
    facts: dict[str, int] = {}
    last: str = ""

    @property
    def is_ledger(self) -> bool:
        """Whether it is a ledger."""
        return self.name not in (SETTINGS, DRY_ACCOUNT)


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds."""

    made: datetime
    maemae: str
    parts: list[Part]
    format: int = 1


def ledger_files(settings: Settings) -> dict[str, Path]:
    """Return where ledgers are or would be, by their names in a backup.

    Raises:
        SettingsError: the ledger is on a database server, whose own tools back it up.
    """
    if settings.ledger is None:
        folder = data_dir(settings)
        return {name: folder / name for name in (f"ledger-{venue}.sqlite" for venue in VENUES)}
    file = sqlite_file(settings.ledger)
    if file is None:
        raise SettingsError(
            _(
                "the ledger is on a database server: back it up with "
                "`pg_dump --format=custom --file=ledger.dump DATABASE`, bring it back with "
                "`pg_restore`; maemae.toml is a plain file"
            )
        )
    return {"ledger.sqlite": file}


def dry_account(settings: Settings) -> Path:
    """Return where the account of a dry run is or would be."""
    return data_dir(settings) / DRY_ACCOUNT


def write_backup(
    target: Path, ledgers: Mapping[str, Path], settings: Path | None, account: Path | None = None
) -> Manifest:
    """Write a backup while a trader may be running.

    Args:
        target: the archive, which must not be there yet.
        ledgers: the ledgers that are there, by name.
        settings: the settings file, if there is one.
        account: the account of a dry run, if there is one.

    Raises:
        DataError: the archive is there already or cannot be written.
        LedgerError: a ledger cannot be copied, or is damaged.
    """
    if target.exists():
        raise DataError(_("{file} is there already: name another file").format(file=target))
    fresh = target.with_name(f"{target.name}.part")
    copy = target.with_name(f"{target.name}.ledger")
    parts = []
    try:
        handle = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with (
            os.fdopen(handle, "w+b") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for name, ledger in ledgers.items():
                copy_sqlite(ledger, copy)
                parts.append(_ledger_part(name, copy))
                archive.write(copy, name)
            # After the ledgers: an account may be ahead of its ledger, as after a crash.
            for name, plain in ((DRY_ACCOUNT, account), (SETTINGS, settings)):
                if plain is not None:
                    content = plain.read_bytes()
                    parts.append(Part(name, hashlib.sha256(content).hexdigest()))
                    archive.writestr(name, content)
            manifest = Manifest(datetime.now(KST), __version__, parts)
            archive.writestr(_MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        fresh.replace(target)
    except OSError as error:
        said = _("the backup {file} cannot be written: {why}")
        raise DataError(said.format(file=target, why=error.strerror)) from error
    finally:
        fresh.unlink(missing_ok=True)
        copy.unlink(missing_ok=True)
    return manifest


def read_backup(archive: Path, folder: Path) -> Manifest:
    """Unpack a backup into a folder, and see that every part is whole.

    Raises:
        DataError: it is no backup of maemae, or a part is missing or damaged.
    """
    try:
        with opened(archive) as file, zipfile.ZipFile(file) as parts:
            content = unzipped(parts, _MANIFEST, SETTINGS_BYTES)
            manifest = msgspec.json.decode(content, type=Manifest)
            left = max(_LEAST, archive.stat().st_size * _UNFOLDS)
            for part in manifest.parts:
                # A name is a plain file name: nothing is written outside the folder.
                if not _NAME.fullmatch(part.name):
                    raise DataError(_("{file} is no backup of maemae").format(file=archive))
                left -= unzip_to(parts, part.name, folder / part.name, left)
    except _UNREADABLE as error:
        said = _("{file} is no backup of maemae that can be read: {why}")
        raise DataError(said.format(file=archive, why=error)) from error
    for part in manifest.parts:
        _verify(archive, part, folder / part.name)
    return manifest


def _ledger_part(name: str, file: Path) -> Part:
    revision, _problem = examine_sqlite(file)
    facts = count_facts(file)
    last = max((at for _count, at in facts.values()), default="")
    counts = {account: count for account, (count, _at) in facts.items()}
    return Part(name, _digest(file), revision, counts, last)


def _verify(archive: Path, part: Part, file: Path) -> None:
    damaged = _("{part} in {file} is damaged").format(part=part.name, file=archive)
    if _digest(file) != part.sha256:
        raise DataError(damaged)
    if part.is_ledger and (problem := examine_sqlite(file)[1]):
        raise LedgerError(f"{damaged}: {problem}")


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
