"""Published clients of KIS's Open API against the simulated exchange: which operations work.

Each is installed from the package index into an environment of its own, its addresses are set to
the exchange's, and nothing else of it is changed. It runs on the exchange's clock where that can be
(`maemae venue-clock`), else on a trading day in real time. A failure is the exchange's, until
`tools/clients/explained.toml` says why it is the client's own.

    python tools/clients.py                        all: status 1 where a failure is unexplained
    python tools/clients.py mojito2 pykis          some of them
    python tools/clients.py --folder ENVIRONMENTS  keep the environments there
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from maemae.cli.venue_clock import compiled, shifted
from maemae.clock import KST
from maemae.errors import SettingsError
from maemae.exchange.control import accounts
from maemae.exchange.moment import datetime_of
from maemae.exchange.running import Options, build
from maemae.exchange.server import Server
from maemae.exchange.simulation import Exchange
from maemae.market.calendar import krx
from maemae.market.kinds import Kind

PROGRAMS = Path(__file__).resolve().parent / "clients"
CLIENTS = (
    "mojito2",
    "python-kis",
    "pykis",
    "kis-agent",
    "kis-trader",
    "vm-stock-kis",
    "kis-wrapper",
    "cluefin-openapi",
)

REAL, VIRTUAL = 39443, 39444
"""Ports of the two servers: the same every time, because they are written into the clients."""

ADDRESSES = {
    "https://openapi.koreainvestment.com:9443": f"http://127.0.0.1:{REAL}",
    "https://openapivts.koreainvestment.com:29443": f"http://127.0.0.1:{VIRTUAL}",
    "ws://ops.koreainvestment.com:21000": f"ws://127.0.0.1:{REAL}",
    "ws://ops.koreainvestment.com:31000": f"ws://127.0.0.1:{VIRTUAL}",
    "ws://ops.koreainvestment.com:{'31000'": f"ws://127.0.0.1:{{'{VIRTUAL}'",
    "else '21000'}": f"else '{REAL}'}}",
    "https://new.real.download.dws.co.kr": f"http://127.0.0.1:{REAL}",
}
"""What clients have in their sources, and what stands there instead."""

START = "10:00"
SECONDS = 240.0
"""A client that takes longer has got stuck."""

UNDECLARED = {"mojito2": ("pandas",), "python-kis": ("typing_extensions",)}
"""What a client imports and does not ask for."""

CHEAP, DEAR = 10_000, 100_000
"""Won between which the price of the name lies that is traded."""

OLD_LAYOUTS = dict.fromkeys(("python-kis", "vm-stock-kis", "mojito2"), date(2026, 7, 1))
"""Clients whose published version reads the trades of that day, with 46 columns."""


def main() -> int:
    """Run the clients; print the table."""
    reader = argparse.ArgumentParser(description="Run published clients against the exchange.")
    reader.add_argument("clients", nargs="*", metavar="client")
    reader.add_argument("--folder", type=Path, help="where the environments are kept")
    given = reader.parse_args()
    chosen = given.clients or CLIENTS
    if unknown := set(chosen) - set(CLIENTS):
        reader.error(f"no such client: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        found = {}
        for name in chosen:
            found[name] = asyncio.run(_run(name, folder.resolve()))
            failed = {what: text for what, text in found[name].items() if text}
            print(f"{name}: {len(found[name]) - len(failed)} work, {failed}", file=sys.stderr)
    return _report(found)


async def _run(name: str, folder: Path) -> dict[str, str]:
    """Install a client, let it trade on an exchange of its own, and return what came of it."""
    python = _install(name, folder / name)
    scenario = folder / "scenario.toml"
    layouts = OLD_LAYOUTS.get(name)
    scenario.write_text(f"layouts = {layouts}\n" if layouts else "", "utf-8")
    exchange = build(Options(day=_day(), start=START, scenario=scenario))
    server = Server(exchange, {"real": REAL, "virtual": VIRTUAL})
    await server.start()
    try:
        return await _program(name, python, exchange, folder / name)
    finally:
        await server.stop()


def _install(name: str, folder: Path) -> Path:
    """Return the interpreter of a client's environment, made where it is not there."""
    python = folder / "bin" / "python"
    if not python.is_file():
        venv.create(folder, with_pip=True)
        packages = [name, *UNDECLARED.get(name, ())]
        subprocess.run(  # noqa: S603 - the names stand above
            [python, "-m", "pip", "install", "--quiet", *packages], check=True
        )
    for path in (folder / "lib").glob("python*/site-packages/**/*.py"):
        _readdress(path)
    return python


def _readdress(path: Path) -> None:
    text = path.read_text("utf-8", errors="surrogateescape")
    if "koreainvestment" not in text and "dws.co.kr" not in text:
        return
    for ours, theirs in ADDRESSES.items():
        text = text.replace(ours, theirs)
    path.write_text(text, "utf-8", errors="surrogateescape")


def _day() -> date:
    today = datetime.now(KST).date()
    return today if krx().is_session(today) else krx().previous_session(today)


async def _program(name: str, python: Path, exchange: Exchange, folder: Path) -> dict[str, str]:
    given = _given(exchange, folder)
    program = PROGRAMS / f"{name.replace('-', '_')}_client.py"
    process = await asyncio.create_subprocess_exec(
        python, program, json.dumps(given),
        cwd=folder, env=_environment(exchange, folder), stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        output, errors = await asyncio.wait_for(process.communicate(), SECONDS)
    except TimeoutError:
        process.kill()
        return {"program": f"took longer than {SECONDS:.0f} seconds"}
    lines = [line for line in output.decode().splitlines() if line.startswith('{"outcomes"')]
    if not lines:
        return {"program": (errors.decode().strip().splitlines() or ["said nothing"])[-1]}
    outcomes: dict[str, str] = json.loads(lines[-1])["outcomes"]
    return outcomes


def _given(exchange: Exchange, folder: Path) -> dict[str, Any]:
    """Return what a program is told: the customers, and a name that is cheap and much traded."""
    listings = [one for one in exchange.venue.floor.market.listings if one.kind is Kind.STOCK]
    affordable = [one for one in listings if CHEAP <= one.base <= DEAR and not one.halted]
    traded = max(affordable, key=lambda one: one.volume)
    return {
        **{one["personality"]: one for one in accounts(exchange)},
        "urls": {"real": f"http://127.0.0.1:{REAL}", "virtual": f"http://127.0.0.1:{VIRTUAL}"},
        "code": traded.code,
        "low": traded.lower,
        "day": f"{exchange.day:%Y%m%d}",
        "folder": str(folder),
    }


def _environment(exchange: Exchange, folder: Path) -> dict[str, str]:
    """Return the environment in which a program lives at the exchange's time, if that can be."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        library = compiled(folder)
    except SettingsError:
        return kept | {"TZ": "Asia/Seoul"}
    return kept | shifted(datetime_of(exchange.clock.now()), 1.0, library, kept)


def _report(found: Mapping[str, Mapping[str, str]]) -> int:
    """Print the table and every failure with its explanation; return 1 where one has none."""
    with (PROGRAMS / "explained.toml").open("rb") as file:
        explained = tomllib.load(file)
    operations = list(dict.fromkeys(name for one in found.values() for name in one))
    table = Table(title="Published clients on the simulated exchange")
    table.add_column("operation")
    for name in found:
        table.add_column(name)
    failures: list[tuple[str, str, str, str]] = []
    for operation in operations:
        cells = []
        for name, outcomes in found.items():
            cells.append(_cell(outcomes.get(operation), explained.get(name, {}).get(operation)))
            if outcomes.get(operation):
                why = explained.get(name, {}).get(operation, "")
                failures.append((name, operation, outcomes[operation], why))
        table.add_row(operation, *cells)
    console = Console(width=140)
    console.print(table)
    for name, operation, outcome, why in failures:
        console.print(f"{name}, {operation}: {outcome}\n    {why or 'UNEXPLAINED'}", markup=False)
    done = sum(not text for one in found.values() for text in one.values())
    print(f"{done} operations work, {len(failures)} do not; unexplained: "
          f"{sum(not why for *_, why in failures)}")  # fmt: skip
    return int(any(not why for *_, why in failures))


def _cell(outcome: str | None, why: str | None) -> str:
    if outcome is None:
        return "-"
    if not outcome:
        return "ok"
    return "client" if why else "FAILS"


if __name__ == "__main__":
    sys.exit(main())
