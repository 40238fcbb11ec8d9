"""`way = "breakout"`: bought on the tick that reaches a level."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from maemae.desk.rules import BookRules, Entry
from maemae.errors import DataError, SettingsError
from maemae.i18n import _
from maemae.trader.books.common import BookSettings, Rate
from maemae.trader.sources.source import Means, Source
from maemae.trader.universe_settings import UniverseSettings


class BreakoutBook(BookSettings):
    """A name is bought once a day, at the first price at its level or a little above it."""

    way: Literal["breakout"]
    level: Literal["previous_high", "open_range", "file"] = Field(
        "previous_high",
        description="above the last session's high, the open plus a part of the last session's "
        "range, or from a file",
    )
    part: float = Field(0.5, gt=0, le=5, description="open_range: part of the last session's range")
    file: Path | None = Field(
        None, description="file: a CSV with the columns code and level (won)",
        examples=["levels.csv"],
    )  # fmt: skip
    beyond: Rate = Field(
        Decimal("0.01"), description="how far above its level a name is still bought"
    )
    amount: int = Field(1_000_000, gt=0, description="won spent per name")
    universe: UniverseSettings = UniverseSettings()
    poll_seconds: int = Field(
        10, ge=1, description="seconds between two looks at names that no tick tells of"
    )
    entry_seconds: int = Field(
        10, ge=1, description="how long after its decision an entry may be ordered"
    )

    @model_validator(mode="after")
    def _has_its_file(self) -> Self:
        if self.level == "file" and self.file is None:
            raise ValueError(
                _('level = "file" needs `file`, a CSV with the columns code and level')
            )
        return self

    def rules(self) -> BookRules:
        """Return how the desk trades the book."""
        return BookRules(
            entry=Entry(amount=self.amount, names=self.max_names, exits=self.exits),
            search_every=timedelta(seconds=self.poll_seconds),
            signal_every=self.signal_every,
            order=self.order.way(),
            hours=self.hours,
            limits=self.limits,
        )

    def source(self, means: Means) -> Source:
        """Return what watches the names.

        Raises:
            SettingsError: the file cannot be used, or no names are named.
        """
        from maemae.trader.sources.breakout import BreakoutSource  # noqa: PLC0415 - polars
        from maemae.trader.sources.daily_bars import DailyBars  # noqa: PLC0415 - the same
        from maemae.trader.sources.levels import BarLevels, FileLevels, Levels  # noqa: PLC0415
        from maemae.trader.sources.universe import Chooser  # noqa: PLC0415 - the same

        names = self.universe
        if self.level == "file":
            written = self._written()
            levels: Levels = FileLevels(written)
            if not names.named:
                names = names.model_copy(update={"codes": tuple(written)})
        else:
            levels = BarLevels(self.level, self.part, DailyBars(1, means))
        if not names.narrow:
            raise SettingsError(
                _(
                    "book {name}: say under [book.universe] which names are watched (codes, "
                    "file, ranking or sectors)"
                ).format(name=self.name)
            )
        return BreakoutSource(
            self.name, levels, Chooser(self.name, names, means), means,
            reason="breakout", beyond=self.beyond, entry_for=timedelta(seconds=self.entry_seconds),
        )  # fmt: skip

    def _written(self) -> dict[str, int]:
        from maemae.trader.sources.levels import read_levels  # noqa: PLC0415 - polars

        try:
            return read_levels(self.file) if self.file is not None else {}
        except DataError as error:
            raise SettingsError(
                _("book {name}: {error}").format(name=self.name, error=error)
            ) from error
