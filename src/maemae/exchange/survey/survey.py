"""What a scenario's market looks like, beside the real market or a fair game."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from maemae.exchange.hours import Hours
from maemae.exchange.listing import Listing
from maemae.exchange.replay import DayMarket
from maemae.exchange.survey.bars import BarFigures, collect, figures
from maemae.exchange.survey.facts import LATE_HIGHS, REAL
from maemae.exchange.survey.games import DOWN, GAMES, OTHERS, UP, Game, Tally, play_all
from maemae.exchange.survey.trading import Trading
from maemae.exchange.survey.walks import walked
from maemae.i18n import _

WALKS = 1_500
"""Driftless walks that are made bars, and replayed."""


def _tallies() -> list[Tally]:
    return [Tally() for _game in GAMES]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: what is measured, its figure here, and in reality or fair play."""

    what: str
    here: str
    wanted: str


@dataclass(slots=True)
class Survey:
    """Takes in a scenario's days one after the other.

    `replayed`: games on the bars of driftless walks, as they are replayed.
    """

    days: list[tuple[date, Sequence[Listing]]] = field(default_factory=list)
    trading: Trading = field(default_factory=Trading)
    tallies: list[Tally] = field(default_factory=_tallies)
    replayed: list[Tally] = field(default_factory=_tallies)

    def add(self, market: DayMarket) -> None:
        """Take in a day."""
        self.days.append((market.hours.day, market.listings))
        self.trading.add(market)
        play_all(self.tallies, paths(market))

    def replay(self, hours: Hours, seed: int, number: int = WALKS) -> None:
        """Play the games on bars of driftless walks."""
        play_all(self.replayed, paths(DayMarket(walked(number, hours, seed), hours, seed)))

    def lines(self) -> list[Line]:
        """Return the table."""
        bars = figures(collect(self.days))
        return [*_bar_lines(bars), *self._game_lines(), *self._trading_lines()]

    def _game_lines(self) -> list[Line]:
        up, down = _pooled(self.tallies, UP), _pooled(self.tallies, DOWN)
        exits = _("exits at +2.23/-0.77 %")
        lines = [
            _game(_("entered at +1 to +8 %, {exits}").format(exits=exits), up),
            _game(_("entered at -1 to -8 %, {exits}").format(exits=exits), down),
        ]
        lines += [_game(_named(game), self._tally(game, self.tallies)) for game in OTHERS]
        if self.replayed[0].gains:
            walk = _("driftless walks, replayed from their bars: {game}")
            parts = [
                (_("entered at +1 to +8 %, {exits}").format(exits=exits), UP),
                (_("entered at -1 to -8 %, {exits}").format(exits=exits), DOWN),
                *((_named(game), (game,)) for game in OTHERS),
            ]
            lines += [
                _game(walk.format(game=name), _pooled(self.replayed, games))
                for name, games in parts
            ]
        return lines

    @staticmethod
    def _tally(game: Game, tallies: Sequence[Tally]) -> Tally:
        return tallies[GAMES.index(game)]

    def _trading_lines(self) -> list[Line]:
        seen = self.trading
        first, rest = np.array(seen.first), np.array(seen.rest)
        value = np.array(seen.value)
        large = value >= np.quantile(value, 0.98)
        return [
            Line(
                _("first half hour against the rest: correlation"),
                f"{np.corrcoef(first, rest)[0, 1]:+.3f}",
                "0.00",
            ),
            Line(
                _("high of the day in the last half hour"),
                f"{np.mean(seen.late):.1%}",
                f"{LATE_HIGHS:.0%}",
            ),
            Line(
                _("trades a day: 5, 50, 95 % of the names; the largest 2 %"),
                f"{_quantiles(seen.trades, '{:,.0f}')}; "
                f"{np.median(np.array(seen.trades)[large]):,.0f}",
                _("by size; a large name tens of thousands"),
            ),
            Line(
                _("quantity at the best price, of the day's volume: 5, 50, 95 %"),
                _quantiles(seen.best, "{:.3%}"),
                _("0.1 to 6 % of a large name"),
            ),
            Line(
                _("best ask less best bid, in ticks: 5, 50, 95 %"),
                _quantiles(seen.ticks, "{:.2f}"),
                _("one tick where it is liquid, more elsewhere"),
            ),
            Line(
                _("best ask less best bid, of the price: 5, 50, 95 %"),
                _quantiles(seen.spread, "{:.2%}"),
                "",
            ),
            Line(
                _("volume of the hour before the closing auction"),
                f"{np.mean(seen.last_hour):.1%}",
                "9 %",
            ),
            Line(_("volume of the closing auction"), f"{np.mean(seen.closing):.1%}", "12 %"),
            Line(_("volume of the opening auction"), f"{np.mean(seen.opening):.1%}", "2 %"),
        ]


def paths(market: DayMarket) -> list[tuple[int, npt.NDArray[np.int64]]]:
    """Return base price and trades after the opening auction of each name that traded."""
    found = []
    for row, one in enumerate(market.listings):
        prices, volumes, _offsets = market.path(row)
        traded = prices[volumes > 0][1:]
        if len(traded) > 1 and not one.halted:
            found.append((one.base, traded))
    return found


def _pooled(tallies: Sequence[Tally], games: Sequence[Game]) -> Tally:
    chosen = [tallies[GAMES.index(game)].gains for game in games]
    return Tally([gain for gains in chosen for gain in gains])


def _game(name: str, tally: Tally) -> Line:
    return Line(
        name,
        _("wins {wins}, {mean} a trade ±{error} ({n})").format(
            wins=f"{tally.wins:.1%}", mean=f"{tally.mean:+.3%}", error=f"{tally.error:.3%}",
            n=f"{len(tally.gains):,}",
        ),
        _("wins {wins}, 0.00 %").format(wins=f"{tally.fair:.1%}"),
    )  # fmt: skip


def _named(game: Game) -> str:
    if game.trailing:
        return _("entered at {level}, trailing {loss}").format(
            level=f"{game.level:+.0%}", loss=f"{game.loss:.1%}"
        )
    return _("entered at {level}, exits at {gain}/{loss}").format(
        level=f"{game.level:+.0%}", gain=f"{game.gain:+.1%}", loss=f"{-game.loss:+.1%}"
    )


def _quantiles(values: Sequence[float], form: str) -> str:
    return " / ".join(form.format(one) for one in np.quantile(values, (0.05, 0.5, 0.95)))


def _bar_lines(here: BarFigures) -> list[Line]:
    wanted = REAL
    both: list[tuple[str, Callable[[BarFigures], str]]] = [
        (_("days, bars"), lambda one: f"{one.days:,}, {one.bars:,}"),
        (_("gap against open to close: correlation"), lambda one: f"{one.gap_and_rest:+.2f}"),
        (
            _("after a gap of +2 to +5 %, open to close"),
            lambda one: f"{one.after_gap:+.2%}, {one.up_after_gap:.0%}↑",
        ),
        (_("standard deviation of the day's change"), lambda one: f"{one.deviation:.2%}"),
        (_("its kurtosis"), lambda one: f"{one.peakedness:.1f}"),
        (
            _("days beyond ±5 %; above +10 %; below -10 %"),
            lambda one: f"{one.beyond_five:.1%}; {one.beyond_ten:.2%}; {one.below_ten:.2%}",
        ),
        (_("size of a change against the day before's"), lambda one: f"{one.clusters:+.2f}"),
        (_("a name against the mean of all: correlation"), lambda one: f"{one.with_market:.2f}"),
        (_("high less low, median"), lambda one: f"{one.width:.2%}"),
        (_("days that end at their high"), lambda one: f"{one.at_high:.1%}"),
        (
            _("days up 5 % from the open that end near their high"),
            lambda one: f"{one.strong:.0%}",
        ),
        (
            _("days at the upper limit; so again the next day"),
            lambda one: f"{one.limit_up:.2%}; {one.streak:.0%}",
        ),
    ]
    return [Line(name, text(here), text(wanted)) for name, text in both]
