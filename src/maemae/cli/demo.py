"""`maemae demo`: a whole trading session on the simulated exchange, without keys or questions."""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from maemae.cli import options as opt
from maemae.errors import ExchangeError
from maemae.i18n import _

STARTUP_SECONDS = 120


def register(app: typer.Typer) -> None:
    """Add the command."""
    help_text = _("Trade a whole session on the simulated exchange; no keys needed.")
    app.command(help=help_text)(opt.with_condition(demo))


def demo(
    *,
    condition: dict[str, str | None],
    bars: Annotated[
        Path | None, typer.Option(help=_("Daily bars to trade on (default: a synthetic market)."))
    ] = None,
    date: Annotated[str | None, typer.Option(help=_("Trading day, as YYYY-MM-DD."))] = None,
    speed: Annotated[
        str, typer.Option(help=_("Venue seconds per second, or 'step' for stepped time."))
    ] = "400",
    seed: Annotated[int | None, typer.Option(help=_("Seed of the day's prices."))] = None,
    cash: Annotated[int | None, typer.Option(help=_("Won on the account."))] = None,
    config: opt.Config = None,
    paper: Annotated[
        bool,
        typer.Option("--paper", help=_("Orders to the virtual server, data from the real one.")),
    ] = False,
    live: opt.Live = True,
    report: opt.Report = None,
    log_dir: opt.LogDir = None,
    balance_seconds: opt.BalanceSeconds = None,
) -> None:
    """Trade a whole session on the simulated exchange."""
    wanted = {"--bars": bars, "--date": date, "--speed": speed, "--seed": seed, "--cash": cash}
    flags = {
        "condition": condition,
        "balance_seconds": balance_seconds,
        "log_dir": log_dir,
        "sim": {"orders": "virtual" if paper else None},
    }
    equal = asyncio.run(_demo(config, wanted, flags, live=live, report=report))
    if not equal:
        raise typer.Exit(1)


async def _demo(
    config: Path | None,
    exchange: dict[str, Any],
    flags: dict[str, Any],
    *,
    live: bool,
    report: Path | None,
) -> bool:
    from maemae.cli.session import show_session
    from maemae.service.compose import demo_pass_file
    from maemae.trader.settings import load_settings

    flags["api"] = {"file": demo_pass_file()}
    load_settings(config, **flags)  # What is wrong with the settings is said before anything runs.
    with tempfile.TemporaryDirectory(prefix="maemae-demo-") as folder:
        async with running_exchange(exchange) as addresses:
            flags["sim"] |= {"url": addresses.real, "virtual_url": addresses.virtual}
            settings = load_settings(config, venue="sim", data_dir=folder, ledger=None, **flags)
            done = await show_session(
                settings, title=_("maemae demo"), live=live, report_file=report
            )
            return not done.differences


@dataclass(frozen=True)
class Addresses:
    """Where the two servers of an exchange listen."""

    real: str
    virtual: str


@asynccontextmanager
async def running_exchange(flags: dict[str, Any]) -> AsyncIterator[Addresses]:
    """Run an exchange in a process of its own, which ends with this one.

    Raises:
        ExchangeError: it did not start; carries its own words.
    """
    given = [str(part) for pair in flags.items() if pair[1] is not None for part in pair]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "maemae", "exchange", "--announce", "--port", "0", "--virtual-port", "0", *given),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us; the exchange ends when its input closes.
    )
    try:
        if process.stdout is None or process.stderr is None or process.stdin is None:
            raise ExchangeError("the simulated exchange has no pipes")
        async with asyncio.timeout(STARTUP_SECONDS):
            announced = await process.stdout.readline()
            if not announced:
                said = (await process.stderr.read()).decode(errors="replace").strip()
                raise ExchangeError(said.removeprefix("maemae: ") or "the exchange did not start")
        addresses = json.loads(announced)
        yield Addresses(addresses["real"], addresses["virtual"])
    except TimeoutError:
        raise ExchangeError("the simulated exchange did not start in time") from None
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()
