"""A backtest in words of the user's language: figures, doubts, reasons."""

import math
from collections.abc import Iterable, Sequence

from rich.text import Text

from maemae.backtest.notes import Note
from maemae.backtest.result import Result
from maemae.i18n import _


def figures(result: Result) -> list[tuple[str, str, str]]:
    """Return the figures of the summary: word, value, colour (red is up, blue is down)."""
    s = result.statistics
    equity = int(result.daily["equity"][-1])

    def plain(value: float) -> str:
        return "-" if math.isnan(value) else f"{value:.2f}"

    won = _("{n} won")
    searched = []
    if not math.isnan(s.deflated_sharpe):
        searched = [(_("… not luck of the search"), f"{s.deflated_sharpe:.0%}", "")]
    ranked = []
    if not math.isnan(s.unranked_return):
        ranked = [(_("Return without ranking"), *_signed(s.unranked_return))]
    return [
        (_("Cash at the start"), won.format(n=f"{result.terms.cash:,}"), ""),
        (_("Equity at the end"), won.format(n=f"{equity:,}"), ""),
        (_("Return"), *_signed(s.total_return)),
        (_("Return a year"), *_signed(s.annual_return)),
        (_("Return of the index"), *_signed(s.benchmark_return)),
        (_("Return without costs"), *_signed(s.free_return)),
        *ranked,
        (_("Fees and taxes"), won.format(n=f"{s.fees + s.taxes:,}"), ""),
        (_("Deepest drawdown"), *_signed(-s.drawdown)),
        (_("… lasted"), _("{n} sessions").format(n=s.drawdown_days), ""),
        (_("Volatility a year"), f"{s.volatility:.2%}", ""),
        (_("Sharpe / Sortino / Calmar"),
         f"{plain(s.sharpe)} / {plain(s.sortino)} / {plain(s.calmar)}", ""),
        *searched,
        (_("Invested on average"), f"{s.exposure:.1%}", ""),
        (_("Turnover a year"), _("{n} times the equity").format(n=f"{s.turnover:.1f}"), ""),
        (_("Closed trades"), f"{s.trades:,}", ""),
        (_("… won"), "-" if s.trades == 0 else f"{s.win_rate:.1%}", ""),
        (_("… won over lost money"), plain(s.profit_factor), ""),
        (_("… earned on average"), *_signed(s.average_return)),
        (_("… held on average"),
         "-" if s.trades == 0 else _("{n} sessions").format(n=f"{s.average_holding:.1f}"), ""),
    ]  # fmt: skip


def words(note: Note) -> str:
    """Say a doubt."""
    texts = {
        "survivors": _(
            "Only {count} of {total} instruments ever disappear from these bars: the losers that "
            "were delisted are probably missing, and the result is too good."
        ),
        "few": _("Only {count} closed trades: chance explains a lot."),
        "large": _(
            "{count} of {total} fills are above 10 % of the day's volume: such orders would have "
            "moved the price. --participation limits them."
        ),
        "close": _(
            "Decided on the very close it buys at; the live desk has to decide minutes earlier."
        ),
        "python": _(
            "Written in Python: {names}. Whether they look into the future, only "
            "`maemae strategy check` tells."
        ),
        "edge": _("At the edge of their range: {names}. The best value may lie beyond."),
        "search": _(
            "One of {count} trials: with a chance of {total} % its Sharpe ratio is more than the "
            "best of so many would show by luck (deflated Sharpe ratio)."
        ),
        "stuck": _(
            "{count} positions could not be sold, their bars end early: {names}. They count at "
            "their last price."
        ),
        "desk": _("Run by the desk, because the compiled loop cannot do {names}."),
        "steps": _(
            "{count} times a price moved further than its session allows, {total} of them in what "
            "was traded (the limit in brackets; a split that was not adjusted?): {names}."
        ),
        "gaps": _(
            "{count} times what was traded has no bars for long before a day (sessions in "
            "brackets: a halt, or missing data): {names}."
        ),
        "reused": _("{count} codes go on under another name after a break: {names}."),
        "market": _("The bars name no market; taxed and limited as KOSPI throughout."),
    }
    return texts[note.kind].format(
        count=f"{note.count:,}", total=f"{note.total:,}", names=", ".join(note.names[:10])
    )


def doubts(runs: Iterable[tuple[str, Iterable[Note]]]) -> list[str]:
    """Say what is to be doubted of runs, given by name: each doubt once, with whom it is about."""
    said: dict[str, list[str]] = {}
    count = 0
    for count, (name, found) in enumerate(runs, start=1):  # noqa: B007 - counted for what follows
        for note in found:
            said.setdefault(words(note), []).append(name)
    return [
        text if len(names) == count else f"{', '.join(names)}: {text}"
        for text, names in said.items()
    ]


def brief(kind: str) -> str:
    """Name a kind of doubt, where there is no room for all of it."""
    return {
        "survivors": _("delisted names missing"),
        "few": _("few trades"),
        "large": _("orders large for the volume"),
        "close": _("decided on the close it buys at"),
        "python": _("rules in Python"),
        "edge": _("parameter at its edge"),
        "search": _("best of a search"),
        "stuck": _("unsold at the end"),
        "desk": _("run by the desk"),
        "steps": _("prices beyond the limit"),
        "gaps": _("bars missing"),
        "reused": _("codes used again"),
        "market": _("no market named"),
    }[kind]


def reason(why: str) -> str:
    """Name why a position was sold; nothing says that it is still held."""
    return {
        "stop_loss": _("stop loss"),
        "take_profit": _("take profit"),
        "trailing_stop": _("trailing stop"),
        "exit_rule": _("exit rule"),
        "max_holding": _("longest holding"),
        "flat_by": _("end of the day"),
        "": _("still held"),
    }[why]


def label(results: Sequence[Result], number: int) -> str:
    """Name a run so that it differs from the others."""
    result = results[number]
    name = result.strategy.name
    if sum(other.strategy.name == name for other in results) == 1:
        return name
    own = result.settings["parameters"]
    changed = [
        f"{key}={value:g}"
        for key, value in own.items()
        if any(other.settings["parameters"].get(key) != value for other in results)
    ]
    told = ", ".join(changed) or f"{number + 1}"
    alone = all(other.strategy.name == name for other in results)
    return told if alone else f"{name} {told}"


def signed(value: float) -> Text:
    """Return a fraction in percent, red where it is up and blue where it is down."""
    return Text(*_signed(value))


def _signed(value: float) -> tuple[str, str]:
    if math.isnan(value):
        return "-", ""
    return f"{value:+.2%}", "red" if value > 0 else "blue" if value < 0 else ""
