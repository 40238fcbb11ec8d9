"""Candidates from a condition search (조건검색) that the owner saved at the broker."""

from maemae.desk import events as ev
from maemae.errors import SettingsError
from maemae.i18n import _
from maemae.kis import Priority
from maemae.kis.quotes import SEARCH_ROWS
from maemae.trader import wire
from maemae.trader.sources.source import Means, Put


class ConditionSource:
    """Asks the search whenever the desk wants candidates.

    Args:
        book: for which it searches.
        number: of the saved search.
        means: what it works with.
    """

    def __init__(self, book: str, number: int, means: Means) -> None:
        self._book = book
        self._number = number
        self._means = means
        self._put: Put | None = None
        self._cut = False

    @property
    def watching(self) -> tuple[str, ...]:
        """Nothing: a candidate's price comes with the search."""
        return ()

    async def start(self, put: Put) -> None:
        """Check that the search is saved on the server.

        Raises:
            SettingsError: it is not.
            WireError: the broker cannot be reached.
        """
        self._put = put
        titles = await self._means.data.condition_titles(priority=Priority.QUOTE)
        known = {title.seq: title.name for title in titles}
        if self._number not in known:
            saved = ", ".join(f"{seq} {name}" for seq, name in known.items()) or "none"
            raise SettingsError(
                _(
                    "no condition search (조건검색) number {number} is saved on the server; "
                    "saved are: {saved}. Save it in HTS screen [0110], or set `condition` of "
                    "the book {book}"
                ).format(number=self._number, saved=saved, book=self._book)
            )

    async def offer(self) -> ev.Candidates:
        """Search now."""
        means = self._means
        hits = await means.data.condition_result(self._number, priority=Priority.QUOTE)
        self._say_cut(len(hits))
        await means.directory.learn(hit.code for hit in hits)
        known = [(hit, means.directory.get(hit.code)) for hit in hits]
        return ev.Candidates(
            at=means.clock.now(),
            book=self._book,
            offers=tuple(wire.candidate(hit, listed) for hit, listed in known if listed),
        )

    def _say_cut(self, hits: int) -> None:
        """Say once a session that the search may have found more than the broker shows."""
        if hits >= SEARCH_ROWS and not self._cut and self._put is not None:
            self._cut = True
            detail = f"{self._book}: {self._number}, {hits}"
            self._put(ev.Reported(at=self._means.clock.now(), kind="search_cut", detail=detail))

    async def stop(self) -> None:
        """Let go of the way to the desk."""
        self._put = None
