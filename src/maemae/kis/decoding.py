"""From a data frame to events, whatever its feed."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from maemae import catalogue
from maemae.kis.crypto import Keys
from maemae.kis.events import Feed, StreamEvent
from maemae.kis.frames import (
    FrameError,
    decode_books,
    decode_records,
    decode_ticks,
    split_frame,
    surplus,
)
from maemae.kis.notices import decode_notices, decode_overseas

_TICKS = (Feed.TICKS, Feed.TICKS_NXT, Feed.TICKS_ALL)
_NOTICE_ALIASES = {"K0STCNI0": "H0STCNI0", "K0STCNI9": "H0STCNI9"}


class Decoded(NamedTuple):
    """A frame's feed (catalogue id), its events in order, and its undocumented columns.

    `records`: how many it holds; notices of other accounts are among them, and no events.
    """

    feed: str
    events: Sequence[StreamEvent]
    surplus: int
    records: int = 0


def decode_frame(text: str, *, keys: Keys | None, account: str, now: datetime) -> Decoded:
    """Decode one data frame.

    Args:
        text: the frame as it came.
        keys: the connection's cipher, None before the first acknowledgement.
        account: whose notices to return.
        now: the time, for records without a date.

    Raises:
        FrameError: the frame cannot be understood; its text says nothing private.
    """
    frame = split_frame(text)
    feed = catalogue.stream_by_tr_id(_NOTICE_ALIASES.get(frame.tr_id, frame.tr_id))
    if feed is None:
        raise FrameError(f"the feed {frame.tr_id[:10]!r}, which is not in the catalogue")
    payload = _plain(frame.payload, keys) if frame.encrypted else frame.payload
    known = len(feed.columns)
    events: Sequence[StreamEvent]
    if feed.id in _TICKS:
        events = decode_ticks(payload, frame.count, known)
    elif feed.id == Feed.BOOK:
        events = decode_books(payload, frame.count, known, now.date())
    elif feed.id == Feed.NOTICES:
        events = decode_notices(payload, frame.count, account, now)
    elif feed.id == Feed.OVERSEAS_NOTICES:
        events = decode_overseas(payload, frame.count, account, now)
    else:
        events = decode_records(payload, frame.count, feed)
    return Decoded(feed.id, events, surplus(payload, frame.count, known), frame.count)


def _plain(payload: str, keys: Keys | None) -> str:
    if keys is None:
        raise FrameError("an encrypted part before any key was received")
    try:
        return keys.decrypt(payload)
    except ValueError:
        raise FrameError("an encrypted part that does not fit the key") from None
