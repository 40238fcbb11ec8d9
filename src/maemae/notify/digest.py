"""Summaries: of the moment, of the day, of the week. Fields for the texts of their kinds."""

from collections.abc import Sequence

from maemae.i18n import _
from maemae.service import glance, words
from maemae.service.answers import DayResult, PlanLine, Pnl, Share
from maemae.service.status import PositionLine, Status

ROWS = 20
"""Lines of a list in a message; the rest is counted."""


def summary(now: Status) -> dict[str, str]:
    """Return the fields of `Kind.SUMMARY`."""
    return {
        "assets": words.won(now.assets),
        "cash": words.won(now.cash),
        "today": glance.result(now),
        "stake": glance.at_stake(now),
        "limit": glance.limit_used(now),
        **_parts(now),
        "wins": f"{now.wins:,}",
        "losses": f"{now.losses:,}",
        "positions": block([position(line) for line in now.positions]),
    }


def daily(now: Status, pnl: Pnl, orders: int, fills: int) -> dict[str, str]:
    """Return the fields of `Kind.DAILY_REPORT`."""
    return {
        "day": f"{pnl.last}",
        "dot": words.dot(now.day_result),
        "today": glance.result(now),
        **_parts(now),
        "assets": words.won(now.assets),
        "cash": words.won(now.cash),
        "costs": words.won(pnl.fees + pnl.taxes),
        "wins": f"{pnl.wins:,}",
        "losses": f"{pnl.losses:,}",
        "orders": f"{orders:,}",
        "fills": f"{fills:,}",
        "names": block([share(line) for line in pnl.by_code]),
        "positions": block([position(line) for line in now.positions]),
    }


def _parts(now: Status) -> dict[str, str]:
    """Return what the day's result is made of, in the fields' names of yesterday's own texts."""
    realised, unrealised = glance.parts(now)
    return {
        "realised": words.marked_won(realised),
        "unrealised": words.marked_won(unrealised),
    }


def weekly(pnl: Pnl) -> dict[str, str]:
    """Return the fields of `Kind.WEEKLY_SUMMARY`."""
    return {
        "first": f"{pnl.first}",
        "last": f"{pnl.last}",
        "dot": words.dot(pnl.realised),
        "realised": words.marked_won(pnl.realised),
        "costs": words.won(pnl.fees + pnl.taxes),
        "wins": f"{pnl.wins:,}",
        "losses": f"{pnl.losses:,}",
        "days": block([day(line) for line in pnl.days]),
    }


def plan(line: PlanLine) -> str:
    """Tell a next-open plan: when, how far it has come, what it buys and sells."""
    names = [
        f"{dot} {one.name or one.code} {one.quantity:,} · {words.won(one.price)}"
        for dot, items in (("🔵", line.sells), ("🔴", line.buys))
        for one in items
    ]
    head = f"🗒️ {line.name} {line.day or line.file} · {words.plan_state(line.state)}"
    return head + (block(names) or "\n" + _("Nothing to buy and nothing to sell."))


def position(line: PositionLine) -> str:
    """Put a position on one line."""
    name = line.name or line.code
    held = _("{name} {quantity} shares").format(name=name, quantity=f"{line.quantity:,}")
    if line.profit is None or line.rate is None:
        return f"⚪ {held} · {words.won(line.average)}"
    profit, rate = words.marked_won(line.profit), words.marked_percent(line.rate)
    return f"{words.dot(line.profit)} {held} · {profit} ({rate})"


def share(line: Share) -> str:
    """Put what a name earned on one line."""
    return f"{words.dot(line.realised)} {line.name or line.key} {words.marked_won(line.realised)}"


def day(line: DayResult) -> str:
    """Put a day's result on one line."""
    return f"{words.dot(line.realised)} {line.day:%m-%d} {words.marked_won(line.realised)}"


def block(lines: Sequence[str]) -> str:
    """Put lines under a text: each on its own, at most `ROWS` of them."""
    rest = len(lines) - ROWS
    shown = list(lines[:ROWS])
    if rest > 0:
        shown.append(_("… and {n} more").format(n=f"{rest:,}"))
    return "".join(f"\n{line}" for line in shown)
