"""The dashboard on another host: a trader behind TLS, the ledger on PostgreSQL, its own TLS."""

import os
import signal
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from tests.dashboard import chromium
from tests.dashboard.live import Dashboard, LiveTrader
from tests.postgres import postgres, postgres_server
from tests.service.conftest import Online, online

from maemae.exchange.certificate import CERTIFICATE, KEY, tls_context
from maemae.service import operations as op

__all__ = ["postgres", "postgres_server"]

pytestmark = pytest.mark.skipif(
    not Path("/usr/bin/chromium").exists(), reason="Chromium is not installed (apt-get)"
)
PASSWORD = "correct horse battery"


@pytest.fixture
def trader(tmp_path: Path, postgres: str) -> Iterator[LiveTrader]:
    tls = tls_context(tmp_path / "tls")

    def serve(folder: Path) -> AbstractAsyncContextManager[Online]:
        return online(folder, ledger=postgres, tls=tls)

    (tmp_path / "trader").mkdir()
    with LiveTrader(tmp_path / "trader", serve) as running:
        yield running


def elsewhere(folder: Path, trader: LiveTrader, ledger: str, token: str) -> Dashboard:
    """Return a dashboard that has nothing of the trader but its address, token and database."""
    here = folder / "elsewhere"
    here.mkdir()
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    (here / "dashboard-password").write_text(hasher.hash(PASSWORD))
    return Dashboard(
        here,
        MAEMAE_LEDGER=ledger,
        MAEMAE_DASHBOARD__TRADER=trader.online.url,
        MAEMAE_DASHBOARD_TOKEN=token,
        MAEMAE_DASHBOARD__TLS_CERTIFICATE=f"{folder / 'tls' / CERTIFICATE}",
        MAEMAE_DASHBOARD__TLS_KEY=f"{folder / 'tls' / KEY}",
        SSL_CERT_FILE=f"{folder / 'tls' / CERTIFICATE}",
    )


def test_it_shows_and_steers_a_trader_it_shares_only_a_database_with(
    tmp_path: Path, trader: LiveTrader, postgres: str
) -> None:
    assert trader.online.url.startswith("https://")
    token = trader.online.shown.command
    with (
        elsewhere(tmp_path, trader, postgres, token) as running,
        chromium.launched() as browser,
        chromium.opened(browser, running.link) as page,
    ):
        assert page.base.startswith("https://")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("status").get_by_text("trading").wait_for()
        page.get_by_text("name 005930").first.wait_for()
        page.goto(page.base + "/orders")
        page.locator(".ag-row").filter(has_text="name 005930").first.wait_for()
        page.goto(page.base + "/")
        page.get_by_role("button", name="Pause entries").click()
        page.get_by_role("dialog").get_by_role("button", name="Pause entries").click()
        page.get_by_role("status").get_by_text("no entries").wait_for()
        (line,) = trader.ask(lambda service: service.ask(op.GetAudit(n=1)))
        assert (line.face, line.command) == ("web", "halt")
        os.kill(running.pid, signal.SIGKILL)
        assert trader.ask(lambda service: service.ask(op.GetStatus())).positions
