"""Names that a shell completes: strategies, books, instruments and live orders.

A completion must not fail, ask anything or wait long: what cannot be known offers nothing.
"""

from contextlib import suppress
from pathlib import Path

from maemae.errors import MaemaeError


def strategies(incomplete: str) -> list[str]:
    """Return the strategies whose names begin so: one's own and the presets."""
    from maemae.strategy.find import own_folder, search
    from maemae.strategy.presets import PRESETS

    names = set(PRESETS)
    with suppress(MaemaeError, OSError):
        names |= set(search(own_folder()).strategies)
    return sorted(name for name in names if name.startswith(incomplete))


def books(incomplete: str) -> list[str]:
    """Return the books of ./maemae.toml whose names begin so."""
    from maemae.reading import read_toml

    names: set[str] = set()
    with suppress(MaemaeError, AttributeError, TypeError):
        told = read_toml(Path("maemae.toml")).get("book", [])
        names = {f"{book['name']}" for book in told if "name" in book}
    return sorted(name for name in names if name.startswith(incomplete))


def instruments(incomplete: str) -> list[tuple[str, str]]:
    """Return codes, with their names, of the instruments that a code, name or initials begin."""
    from maemae.trader.masters import kept_masters
    from maemae.trader.settings import load_settings

    with suppress(MaemaeError, OSError):
        found = kept_masters(load_settings(None)).instruments.search(incomplete)
        # A shell drops what does not begin as typed: a name is offered to who types names.
        by_code = incomplete.isascii()
        return [(one.code, one.name) if by_code else (one.name, one.code) for one in found]
    return []


def live_orders(incomplete: str) -> list[str]:
    """Return the live orders of the running trader whose numbers begin so."""
    from maemae.cli.reach import reach
    from maemae.desk.orders import LIVE
    from maemae.service.operations import GetStatus
    from maemae.trader.settings import load_settings

    with suppress(MaemaeError, OSError):
        now = reach(load_settings(None), GetStatus())
        found = [line.intent for line in now.orders if line.state in LIVE]
        return sorted(intent for intent in found if intent.startswith(incomplete))
    return []
