"""Start-up: what `maemae --help` and the reading of settings must not load."""

import subprocess
import sys

from maemae.cli.options import SCALPER
from maemae.trader.books.condition import ConditionBook

SLOW = {"aiohttp", "numba", "pandas", "polars", "sqlalchemy"}


def loaded_by(code: str) -> set[str]:
    code = f"import sys; {code}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_commands_declare_themselves_without_the_settings() -> None:
    loaded = loaded_by("from maemae.cli import build; build()")
    assert "maemae.cli.run" in loaded
    assert not loaded & {"maemae.trader.books", "pydantic", *SLOW}


def test_flags_say_what_the_settings_say() -> None:
    fields = {name: ConditionBook.model_fields[name] for name in SCALPER}
    told = {name: (field.description, f"{field.get_default()}") for name, field in fields.items()}
    assert told == SCALPER


def test_settings_load_nothing_slow() -> None:
    loaded = loaded_by("import maemae.trader.settings")
    assert "maemae.trader.books" in loaded
    assert not loaded & SLOW


def test_where_files_are_is_said_without_the_library_of_bars() -> None:
    loaded = loaded_by("import maemae.trader.recorder, maemae.setup.restore")
    assert "maemae.trader.venue" in loaded
    assert "polars" not in loaded


def test_a_running_trader_is_asked_without_what_only_a_trader_needs() -> None:
    loaded = loaded_by(
        "import maemae.cli.answers, maemae.service.remote, maemae.service.running, "
        "maemae.service.operations"
    )
    assert "maemae.service.status" in loaded
    assert not loaded & {"maemae.trader.run", "numba", "pandas", "polars"}
