"""The names that a book looks at: chosen from codes, files, rankings or the whole market."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from maemae.bars.universe import read_codes
from maemae.errors import DataError, KisRefused, SettingsError
from maemae.i18n import _
from maemae.kis.records import Ranked
from maemae.trader.sources.source import Means
from maemae.trader.universe_settings import UniverseSettings


class Chooser:
    """Keeps the names of a book, and asks rankings again when their time has come.

    Args:
        book: whose names they are.
        settings: where they come from.
        means: what it works with.
    """

    def __init__(self, book: str, settings: UniverseSettings, means: Means) -> None:
        self._book = book
        self._settings = settings
        self._means = means
        self._asked: datetime | None = None
        self.codes: tuple[str, ...] = ()
        """The names, most important first."""

    async def start(self) -> None:
        """Choose what needs no ranking; before the open a ranking would be yesterday's.

        Raises:
            SettingsError: the file of codes cannot be used, the broker does not know a code, or
                today's master files do not know a sector.
            WireError: the broker cannot be asked what the codes are.
        """
        self._check_sectors()
        try:
            await self._check(self._named())
            if self._settings.ranking is None:
                await self.refresh()
        except DataError as error:
            raise SettingsError(
                _("book {book}: {error}").format(book=self._book, error=error)
            ) from error

    def _check_sectors(self) -> None:
        """Refuse sectors of which nothing is: a book that waits for them would buy nothing."""
        known = {word for one in self._means.instruments for word in one.sectors}
        unknown = [word for word in self._settings.sectors if word not in known]
        if unknown:
            said = (
                _("known are {known}").format(known=", ".join(sorted(known)))
                if known
                else _("they tell no sectors")
            )
            raise SettingsError(
                _(
                    "book {book}: today's master files have nothing in the sector {unknown}; {said}"
                ).format(book=self._book, unknown=", ".join(unknown), said=said)
            )

    def _named(self) -> list[str]:
        """Return the names that the settings name one by one."""
        settings = self._settings
        return [*settings.codes, *(read_codes(settings.file) if settings.file else ())]

    async def _check(self, codes: list[str]) -> None:
        """Refuse names that the broker does not know: one spoils every question about several."""
        directory, said = self._means.directory, ""
        try:
            await directory.learn(codes)
        except KisRefused as error:
            said = f" ({error})"
        unknown = [code for code in codes if directory.get(code) is None]
        if unknown:
            raise SettingsError(
                _("book {book}: the broker knows no {unknown}{said}").format(
                    book=self._book, unknown=", ".join(unknown), said=said
                )
            )

    async def refresh(self) -> None:
        """Choose anew, if it is time.

        Raises:
            WireError: the broker could not be asked; the names stay as they were.
            DataError: the file cannot be read any more.
        """
        now = self._means.clock.now()
        every = timedelta(minutes=self._settings.every_minutes)
        if self._asked is not None and now - self._asked < every:
            return
        prices = await self._chosen()
        await self._means.directory.learn(prices)
        fitting = [code for code, price in prices.items() if self._fits(code, price)]
        self.codes = tuple(fitting[: self._settings.top])
        self._asked = now

    async def _chosen(self) -> dict[str, int]:
        """Return the names in their order, with prices in won; 0 where none is known."""
        settings = self._settings
        if not settings.named:
            ordinary = [one for one in self._means.instruments if one.is_ordinary]
            largest = sorted(ordinary, key=lambda one: (-one.market_cap, one.code))
            return {one.code: one.base_price for one in largest}
        known = {code: self._means.instruments.get(code) for code in self._named()}
        prices = {code: one.base_price if one else 0 for code, one in known.items()}
        ranked = {one.code: one.price or 0 for one in await self._ranked()}
        return prices | ranked

    async def _ranked(self) -> Iterable[Ranked]:
        history = self._means.data.history
        match self._settings.ranking:
            case "rising" | "falling" as way:
                return await history.fluctuation_ranking(falling=way == "falling")
            case "volume" | "increase" | "turnover" | "value" as sort:
                return await history.volume_ranking(sort)
            case None:
                return ()

    def _fits(self, code: str, price: int) -> bool:
        listed, known = self._means.directory.get(code), self._means.instruments.get(code)
        if listed is None:
            return False
        sectors = None if known is None else known.sectors
        return self._settings.fits(listed.market, listed.kind, sectors, price)
