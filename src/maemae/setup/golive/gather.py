"""Gathering the evidence: the ledgers, the limits, and the check-up of the real account."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from maemae.clock import KST
from maemae.setup.doctor.examine import examine
from maemae.setup.doctor.finding import Finding
from maemae.setup.golive.days import days_of
from maemae.setup.golive.demands import of_days, of_doctor, of_facts, of_limits
from maemae.setup.golive.report import Evidence
from maemae.trader.server_profile import load_profile
from maemae.trader.settings import Settings
from maemae.trader.venue import data_dir


async def check_up(config: Path | None) -> AsyncIterator[Finding]:
    """Yield what the check-up of the real account finds."""
    async for finding in examine(config, {"venue": "live"}):
        yield finding


def gather(settings: Settings, findings: list[Finding]) -> Evidence:
    """Return all of it.

    Args:
        settings: that would hold.
        findings: of `check_up`.

    Raises:
        LedgerError: a ledger cannot be read.
        DataError: a profile cannot be read.
    """
    at = datetime.now(KST)
    sim, paper = days_of(settings, "sim"), days_of(settings, "paper")
    dry = days_of(settings, "dry")
    folder = data_dir(settings)
    profiles = [load_profile(folder, "paper", "virtual"), load_profile(folder, "live", "real")]
    points = [
        *of_days(sim, paper, at.date(), dry),
        of_facts(profiles, at.date()),
        of_limits(settings),
        of_doctor(findings),
    ]
    return Evidence(at, settings, points, {"sim": sim, "paper": paper, "dry": dry}, findings)
