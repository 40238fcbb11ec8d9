"""Where a running trader shows its address and tokens, and how a face finds it.

Every command asks this first, so nothing is loaded here that only a trader needs.
"""

from pathlib import Path

from platformdirs import user_data_path

from maemae.service.api.pass_file import Pass, find_running
from maemae.trader.settings import Settings
from maemae.trader.venue import data_dir

DEMO = "api-demo.json"
DEMO_VENUE = "demo"
"""Stands for the venue in the pass of a demonstration, whose ledger is its own."""


def pass_file(settings: Settings) -> Path:
    """Return where a trader of these settings shows its address and tokens."""
    return settings.api.file or data_dir(settings) / f"api-{settings.venue}.json"


def demo_pass_file() -> Path:
    """Return where a demonstration, whose own folder nobody knows, shows them."""
    return Path(user_data_path("maemae", appauthor=False)) / DEMO


def find_pass(settings: Settings) -> Pass:
    """Find the running trader: that of the venue, else a demonstration on the simulated one.

    Raises:
        ServiceError: there is none, or its token file cannot be used.
    """
    file, demo = pass_file(settings), demo_pass_file()
    lone = settings.venue == "sim" and settings.api.file is None
    return find_running(demo if lone and not file.exists() and demo.exists() else file)
