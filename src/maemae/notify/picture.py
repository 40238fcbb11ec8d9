"""The picture of the daily report: how the assets went, and what each name earned.

Needs matplotlib (extras `telegram` and `notify`).
"""

import io
from collections.abc import Sequence
from datetime import datetime

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from maemae.clock import KST
from maemae.i18n import _, language
from maemae.service.answers import Share
from maemae.service.status import PositionLine

HANGUL = (
    "Pretendard",
    "Apple SD Gothic Neo",
    "Malgun Gothic",
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "NanumGothic",
    "UnDotum",
)
"""Fonts with Korean letters, the best first. Without any, codes stand in for names."""

RED, BLUE, GREY = "#d24f45", "#1261c4", "#666666"
BARS = 12


def draw(
    equity: Sequence[tuple[datetime, int]],
    positions: Sequence[PositionLine],
    earned: Sequence[Share],
    title: str,
) -> bytes:
    """Draw a PNG of 1,200 × 600 pixels. Takes some hundred milliseconds: call it in a thread.

    Args:
        equity: venue time and total assets in won, oldest first.
        positions: what is held now.
        earned: what the names sold today earned.
        title: what stands above, left out where no font can show it.
    """
    font = _font()
    figure = Figure(figsize=(12, 6), dpi=100, layout="constrained")
    korean = language() == "ko"
    if font is not None or not korean:
        figure.suptitle(title, fontfamily=font, fontsize=15)
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    _equity(left, equity)
    _bars(right, positions, earned, font)
    if font is not None or not korean:
        left.set_title(_("Total assets"), fontfamily=font, fontsize=12)
        right.set_title(_("Profit by name (◆ still held)"), fontfamily=font, fontsize=12)
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _font() -> str | None:
    """Return the best font that can show names."""
    known = {entry.name for entry in font_manager.fontManager.ttflist}
    return next((name for name in HANGUL if name in known), None)


def _equity(axes: Axes, equity: Sequence[tuple[datetime, int]]) -> None:
    axes.grid(visible=True, alpha=0.3)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda won, _at: f"{won:,.0f}"))
    axes.tick_params(labelsize=9)
    if not equity:
        return
    times, assets = zip(*equity, strict=True)
    colour = RED if assets[-1] > assets[0] else BLUE if assets[-1] < assets[0] else GREY
    axes.plot(times, assets, color=colour, linewidth=1.6)
    axes.axhline(assets[0], color=GREY, linewidth=0.8, linestyle="--")
    axes.xaxis.set_major_formatter(DateFormatter("%H:%M", tz=KST))  # type: ignore[no-untyped-call]


def _bars(
    axes: Axes, positions: Sequence[PositionLine], earned: Sequence[Share], font: str | None
) -> None:
    rows = [("", line.key, line.name, line.realised) for line in earned]
    rows += [("◆ ", line.code, line.name, line.profit or 0) for line in positions]
    rows = sorted(rows, key=lambda row: -abs(row[3]))[:BARS]
    rows.sort(key=lambda row: row[3])
    labels = [mark + (name if font is not None and name else code) for mark, code, name, _w in rows]
    profits = [row[3] for row in rows]
    places = range(len(rows))
    axes.barh(places, profits, color=[RED if won > 0 else BLUE for won in profits])
    axes.set_yticks(places, labels, fontsize=10)
    if font is not None:
        for label in axes.get_yticklabels():
            label.set_fontfamily(font)
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.grid(visible=True, axis="x", alpha=0.3)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda won, _at: f"{won:+,.0f}"))
    axes.tick_params(axis="x", labelsize=9)
    axes.locator_params(axis="x", nbins=4)
