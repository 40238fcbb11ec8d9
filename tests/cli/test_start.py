"""Start-up: what `maemae --help` and the reading of settings must not load."""

import subprocess
import sys

SLOW = {"aiohttp", "numba", "pandas", "polars", "sqlalchemy"}


def test_help_and_settings_load_nothing_slow() -> None:
    code = (
        "import sys; from maemae.cli import build; build(); "
        "import maemae.trader.settings; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "maemae.trader.books" in loaded
    assert not loaded & SLOW
