"""The pictures of the documentation: every page at two widths, light and dark, in both languages.

Run as `.venv/bin/python -m bench.pictures [FOLDER [PAGE ...]]`, without pages for all; it needs
Debian's Chromium. The market is the made-up one and so are the bars, so that nobody's data is
published. Pictures are WebP, which Chromium itself writes: a third of what PNG takes.
"""

import base64
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from tests.dashboard import chromium

from maemae.bars.schema import STORED
from maemae.bars.store import BarStore
from maemae.market.calendar import krx
from maemae.strategy.trial import random_walk

PAGES = {
    "now": "/", "orders": "/orders", "chart": "/chart", "candidates": "/candidates",
    "plans": "/plans", "profit": "/profit", "backtests": "/backtests", "log": "/log",
}  # fmt: skip
SIZES = {"wide": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
THEMES = ("light", "dark")
BACKTEST = {"ko": ("실행", "보고서"), "en": ("Run", "Report")}
"""The button that runs a backtest, and the link that is there once it is done."""
QUALITY = 0.8
SETTLE_MS = 2_500
FIRST_SETTLE_MS = 6_000
TRADING_SECONDS = 80
NAMES, SESSIONS = 40, 620

TO_WEBP = """([png, quality]) => new Promise(done => {
    const picture = new Image();
    picture.onload = () => {
        const canvas = document.createElement('canvas');
        canvas.width = picture.width; canvas.height = picture.height;
        canvas.getContext('2d').drawImage(picture, 0, 0);
        done(canvas.toDataURL('image/webp', quality).split(',')[1]);
    };
    picture.src = 'data:image/png;base64,' + png;
})"""


def made_up_bars(root: Path) -> None:
    """Write bars of made-up names for the page of backtests."""
    panel = random_walk(NAMES, SESSIONS)
    calendar, last = krx(), datetime.now(UTC).date()
    days = list(calendar.sessions(last.replace(year=last.year - 3), last))[-SESSIONS:]
    frames = [
        pl.DataFrame(
            {"date": days, "code": code, "market": "KOSPI"}
            | {
                name: panel.fields[name][row, -len(days) :].astype("int64")
                for name in ("open", "high", "low", "close", "volume")
            }
        )
        for row, code in enumerate(panel.codes)
    ]
    bars = pl.concat(frames).with_columns(
        *(
            pl.lit(None, kind).alias(name)
            for name, kind in STORED.items()
            if name not in frames[0].columns
        )
    )
    BarStore(root).write_daily(bars.with_columns(raw_ok=True, source=pl.lit("made up")))


@contextmanager
def demo(folder: Path, language: str) -> Iterator[str]:
    """Run a slow demonstration and a dashboard over it; yield the link of the page."""
    bars = folder / "bars"
    made_up_bars(bars)
    environment = {
        **os.environ,
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "MAEMAE_LANGUAGE": language,
        "MAEMAE_BARS__FOLDER": str(bars),
    }
    command = [sys.executable, "-m", "maemae"]
    trader = subprocess.Popen(
        [*command, "demo", "--no-screen", "--speed", "60", "--log-dir", str(folder)],
        env=environment,
        stdout=subprocess.DEVNULL,
        cwd=folder,
    )
    began = time.monotonic()
    measured = subprocess.run(
        [*command, "strategy", "measure", "--years", "2"],
        env=environment,
        capture_output=True,
        cwd=folder,
        check=False,
    )
    if measured.returncode:
        print(measured.stderr.decode(), file=sys.stderr)
    time.sleep(max(0, TRADING_SECONDS - (time.monotonic() - began)))
    page = subprocess.Popen(
        [*command, "dashboard", "--no-open", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
    )
    try:
        said = page.stdout.readline() if page.stdout is not None else ""
        yield next(word for word in said.split() if word.startswith("http"))
    finally:
        for process in (page, trader):
            process.terminate()
            process.wait(30)


def shoot(browser: Any, link: str, target: Path, language: str, names: list[str]) -> None:
    """Take pages at both widths in both themes."""
    studio = browser.new_page()
    locale = {"ko": "ko-KR", "en": "en-US"}[language]
    with chromium.opened(browser, link, locale) as page:
        run, report = BACKTEST[language]
        page.goto(page.base + PAGES["backtests"])
        page.get_by_role("button", name=run, exact=True).click()
        page.get_by_role("link", name=report).first.wait_for(timeout=120_000)
        for name in names or PAGES:
            page.goto(page.base + PAGES[name])
            page.wait_for_timeout(FIRST_SETTLE_MS)
            for size, pixels in SIZES.items():
                page.set_viewport_size(pixels)
                for theme in THEMES:
                    page.emulate_media(color_scheme=theme)
                    page.wait_for_timeout(SETTLE_MS)
                    png = base64.b64encode(page.screenshot()).decode()
                    webp = studio.evaluate(TO_WEBP, [png, QUALITY])
                    file = target / f"{name}-{size}-{theme}-{language}.webp"
                    file.write_bytes(base64.b64decode(webp))
            page.set_viewport_size(SIZES["wide"])
        for complaint in page.complaints:
            print(f"{link}: {complaint}", file=sys.stderr)


def main() -> None:
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")
    target.mkdir(parents=True, exist_ok=True)
    with chromium.launched() as browser:
        for language in ("ko", "en"):
            with (
                tempfile.TemporaryDirectory() as name,
                demo(Path(name), language) as link,
            ):
                shoot(browser, link, target, language, sys.argv[2:])
    made = sorted(target.glob("*.webp"))
    print(*(path.name for path in made), sep="\n")
    print(f"{len(made)} pictures, {sum(path.stat().st_size for path in made) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
