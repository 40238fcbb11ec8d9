"""What is known of instruments: from the master files, and from quotes for the rest."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from maemae.desk.records import Listed
from maemae.kis import MarketClient, Priority


class Directory:
    """Market, kind and name by code.

    Args:
        data: asked about codes seen for the first time.
        listed: what is known beforehand.
    """

    def __init__(
        self, data: MarketClient, listed: Mapping[str, Listed] = MappingProxyType({})
    ) -> None:
        self._data = data
        self._listed = dict(listed)

    def get(self, code: str) -> Listed | None:
        """Return what is known of an instrument."""
        return self._listed.get(code)

    async def learn(self, codes: Iterable[str]) -> None:
        """Find out market and name of codes seen for the first time.

        Raises:
            WireError: the broker could not be asked.
        """
        new = [code for code in codes if code not in self._listed]
        for quote in await self._data.prices(new, priority=Priority.QUOTE) if new else []:
            if quote.market is not None:
                self._listed[quote.code] = Listed(
                    code=quote.code, name=quote.name or "", market=quote.market
                )
