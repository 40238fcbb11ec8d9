"""`maemae backup` and `maemae restore`: ledgers and settings in one file, and back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maemae.cli import options as opt
from maemae.cli import reach
from maemae.i18n import _

if TYPE_CHECKING:
    from datetime import date

    from maemae.setup.archive import Manifest
    from maemae.setup.restore import Step
    from maemae.trader.keep_settings import KeepSettings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(help=_("Copy ledgers and settings into one file, also while a trader runs."))(
        backup
    )
    app.command(help=_("Put a backup in place; what was there before is put aside."))(restore)


def backup(
    file: Annotated[
        Path, typer.Argument(help=_("File to write; in a folder, the name has the time."))
    ],
    config: opt.Config = None,
) -> None:
    """Copy ledgers and settings."""
    from datetime import datetime

    from maemae.clock import KST
    from maemae.errors import DataError
    from maemae.setup.archive import dry_account, ledger_files, write_backup
    from maemae.trader.settings import read_settings

    settings, origins = read_settings(config)
    target, now = file, datetime.now(KST)
    if file.is_dir():
        target = file / f"maemae-{now:%Y%m%d-%H%M%S}.zip"
    there = {name: path for name, path in ledger_files(settings).items() if path.exists()}
    if not there and origins.file is None:
        raise DataError(_("there is nothing to back up: no ledger and no maemae.toml"))
    account = dry_account(settings)
    manifest = write_backup(target, there, origins.file, account if account.exists() else None)
    typer.echo(_("{file} is written and checked:").format(file=target))
    _list(manifest)
    typer.echo(_("App keys and tokens are not in it; account numbers and trades are."))
    if file.is_dir():
        _prune(file, settings.keep, now.date())


def _prune(folder: Path, keep: "KeepSettings", today: "date") -> None:
    """Remove the backups in a folder that are not kept any longer, and say which."""
    from maemae.trader.keep_settings import outlived

    gone = outlived(folder.glob("maemae-*.zip"), keep, today)
    for one in gone:
        one.unlink(missing_ok=True)
    if gone:
        said = _("{n} older backups are removed, from {first} to {last} (keep.days, weeks, months)")
        typer.echo(said.format(n=len(gone), first=gone[0].name, last=gone[-1].name))


def restore(
    file: Annotated[Path, typer.Argument(help=_("A file that `maemae backup` wrote."))],
    *,
    config: opt.Config = None,
    settings: Annotated[
        bool, typer.Option("--settings/--no-settings", help=_("Restore maemae.toml too."))
    ] = True,
    yes: reach.Yes = False,
) -> None:
    """Put a backup in place."""
    import tempfile

    from maemae.errors import SettingsError
    from maemae.setup.archive import read_backup
    from maemae.setup.restore import carry_out, new_addresses, plan
    from maemae.trader.settings import FILE

    with tempfile.TemporaryDirectory(prefix="maemae-restore-") as name:
        unpacked = Path(name)
        manifest = read_backup(file, unpacked)
        steps = plan(manifest, unpacked, config or FILE, settings=settings)
        made = f"{manifest.made:%Y-%m-%d %H:%M}"
        typer.echo(
            _("{file}, made {made} by maemae {version}:").format(
                file=file, made=made, version=manifest.maemae
            )
        )
        _list(manifest)
        if not steps:
            typer.echo(_("Everything is as in the backup already; nothing to do."))
            return
        for step in steps:
            typer.echo(_what(step))
        moved = new_addresses(steps, config or FILE)
        for key, now, then in moved:
            said = _("! the address {key} changes from {now} to {then}")
            typer.echo(said.format(key=key, now=now or "-", then=then or "-"))
        if moved and yes:
            raise SettingsError(
                _(
                    "addresses change: go through them without --yes, or keep the settings that "
                    "are there (--no-settings)"
                )
            )
        reach.ask(_("Go on?"), yes=yes)
        for kept in carry_out(steps):
            typer.echo(_("put aside: {file}").format(file=kept))
    typer.echo(
        _(
            "Done. What was traded after the backup is not in the ledger: the next start takes "
            "such shares for your own and leaves them alone."
        )
    )


def _list(manifest: "Manifest") -> None:
    from maemae.kis import mask_account

    for part in manifest.parts:
        facts = "; ".join(
            _("{account}: {count:,} facts").format(account=mask_account(account), count=count)
            for account, count in part.facts.items()
        )
        typer.echo("  " + " · ".join(said for said in (part.name, facts, part.last[:16]) if said))


def _what(step: "Step") -> str:
    if not step.replaces:
        return _("→ {file} is written").format(file=step.target)
    said = _("→ {file} is replaced; the one there is put aside").format(file=step.target)
    if step.lost is None:
        return said + _(" (it cannot be read)")
    if step.lost:
        return said + _(" (it has {count:,} facts that the backup lacks)").format(count=step.lost)
    return said
