"""Recording the market as it comes in, beside trading: what the settings' `[record]` asks for.

What is heard is handed to a thread with the moment of its arrival, and that is all that trading
does for it. What cannot be written is lost and said; trading goes on.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from maemae import kis
from maemae.clock import Clock
from maemae.desk.events import Event, Reported
from maemae.desk.records import Listed
from maemae.exchange.moment import moment
from maemae.recordings import entries
from maemae.recordings.background import Background
from maemae.recordings.public import codes_in, endpoint_of, masker, plain_answer
from maemae.recordings.shelf import FOLDER
from maemae.recordings.writer import Bounds, Writer
from maemae.trader.pacing import StepClock
from maemae.trader.settings import Settings
from maemae.trader.venue import Venue, data_dir

FAILED, BACK = "recording_failed", "recording_back"
"""Kinds of the reports that something is not recorded, and that all is again."""

ENDING = 5.0
"""Seconds that the end of a session waits for the disk."""

_MEGABYTE = 1_000_000


def recordings_dir(settings: Settings) -> Path:
    """Return the folder of all recordings."""
    return data_dir(settings) / FOLDER


class Recorder:
    """Hands what a client hears of the market to who writes it; a `kis.Tap`.

    Args:
        out: writes it.
        clock: of the venue.
        listed: what is known of instruments beforehand.
        secrets: what must not stand in a recording.
        fills: whether the orders' fills are those of the recorded market.
    """

    def __init__(
        self,
        out: Background,
        clock: Clock,
        listed: Mapping[str, Listed],
        secrets: frozenset[str] = frozenset(),
        *,
        fills: bool = False,
    ) -> None:
        self._out = out
        self._clock = clock
        self._listed = listed
        self._secrets = secrets
        self._fills = fills
        self._held: list[Callable[[int], None]] = []
        """What came during a step of stepped time: it belongs to its end."""

    def frame(self, text: str) -> None:
        """Take a frame of a public feed."""
        self._at_its_time(partial(self._frame, text))

    def registered(self, tr_id: str, key: str, *, on: bool) -> None:
        """Take that a registration stands, or was released."""
        at = self._now()
        entry = entries.Registered(at, tr_id, key, on)
        self._out.put(at, lambda: [*self._names([key], at), entry], 128)

    def answered(self, heard: kis.Heard) -> None:
        """Take an answer to a question about the market."""
        at = self._now()
        self._out.put(at, lambda: self._answer(heard, at), len(heard.content) + 256)

    def hear(self, said: kis.StreamEvent) -> None:
        """Take in what else the stream says: that it went down, fills; a listener of a `Stream`."""
        match said:
            case kis.StreamDown():
                self._put(entries.Stream(self._now(), up=False, since=moment(said.at)))
            case kis.Notice(event=kis.NoticeEvent.FILLED) if self._fills:
                self._at_its_time(partial(self._fill, said))
            case kis.StreamUp():
                since = moment(said.since) if said.since is not None else 0
                self._put(entries.Stream(self._now(), up=True, since=since))
            case _:
                pass

    def settle(self) -> None:
        """Take in what came during a step of stepped time."""
        held, self._held = self._held, []
        at = self._now()
        for take in held:
            take(at)

    def _at_its_time(self, take: Callable[[int], None]) -> None:
        if isinstance(self._clock, StepClock) and self._clock.stepping:
            self._held.append(take)
        else:
            take(self._now())

    def _fill(self, one: kis.Notice, at: int) -> None:
        if one.price > 0:
            self._put(entries.Traded(at, one.code, one.side, one.price, one.quantity))

    def _frame(self, text: str, at: int) -> None:
        self._out.put(at, lambda: [entries.Frame(at, text)], len(text) + 64)

    def _answer(self, heard: kis.Heard, at: int) -> list[entries.Entry]:
        """Make entries of an answer; on the thread that writes."""
        endpoint = endpoint_of(heard.path, heard.tr_id)
        if endpoint is None:
            return []
        bare = entries.Answer(
            at, endpoint, dict(heard.params), heard.next_page, heard.status, heard.more, {}
        )
        answer = plain_answer(bare, heard.content, self._secrets)
        return [] if answer is None else [*self._names(codes_in(answer.body), at), answer]

    def _names(self, codes: Iterable[str], at: int) -> Iterator[entries.Entry]:
        """Say what is known of instruments; on the thread that writes."""
        for code in codes:
            one = self._listed.get(code)
            if one is not None:
                yield entries.Name(at, code, one.name, one.market, one.kind)

    def _put(self, entry: entries.Entry) -> None:
        self._out.put(entry.at, lambda: [entry], 128)

    def _now(self) -> int:
        return moment(self._clock.now())


@asynccontextmanager
async def recording_market(
    settings: Settings, venue: Venue, listed: Mapping[str, Listed], put: Callable[[Event], None]
) -> AsyncIterator[None]:
    """Record what the venue's market sends and answers, if the settings want it.

    Args:
        settings: all of them.
        venue: open.
        listed: what is known of instruments beforehand.
        put: takes what the owner must be told.
    """
    wanted = settings.record
    if not wanted.enabled:
        yield
        return
    loop, clock = asyncio.get_running_loop(), venue.clock

    def report(kind: str, detail: str) -> None:
        put(Reported(at=clock.now(), kind=kind, detail=detail))

    def told(why: str, more: str) -> None:
        kind = FAILED if why else BACK
        with suppress(RuntimeError):  # The loop has ended: there is nobody left to tell.
            loop.call_soon_threadsafe(report, kind, ": ".join(part for part in (why, more) if part))

    secrets = _secrets(venue)
    bounds = Bounds(wanted.days, wanted.megabytes * _MEGABYTE)
    writer = Writer(recordings_dir(settings), venue.name, bounds, masker(secrets))
    out = Background(writer, told)
    # Where orders go elsewhere than data comes from, fills are no trades of that market.
    recorder = Recorder(out, clock, listed, secrets, fills=venue.orders is venue.data)
    out.start()
    venue.data.listen_in(recorder)
    venue.data.stream.listen(recorder.hear)
    if isinstance(clock, StepClock):
        clock.stepped = recorder.settle
    try:
        yield
    finally:
        venue.data.listen_in(None)
        await asyncio.to_thread(out.close, ENDING)


def _secrets(venue: Venue) -> frozenset[str]:
    """Return what must not stand in a recording."""
    found = set()
    for who in (venue.data.credentials, venue.orders.credentials):
        found |= {who.app_key, who.app_secret, who.hts_id, who.account, who.account[:8]}
    return frozenset(one for one in found if one)
