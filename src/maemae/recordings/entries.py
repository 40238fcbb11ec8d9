"""What a recording consists of: one entry a line, each with the moment of its arrival.

Moments are venue time in microseconds since 1970-01-01 00:00 UTC. A line is a JSON array whose
first field says what it is.
"""

from typing import Annotated, Any, Final

import msgspec

from maemae.market.kinds import Kind, Market, Side

VERSION: Final = 1

Moment = Annotated[int, msgspec.Meta(ge=0, le=4_102_444_800_000_000)]
"""Until the year 2100: a file that says otherwise is damaged."""
Count = Annotated[int, msgspec.Meta(ge=0, le=10**15)]


class Begun(msgspec.Struct, frozen=True, array_like=True, tag="begun"):
    """The first entry of a file: by which format it is written, and on which venue."""

    at: Moment
    version: int
    venue: str


class Frame(msgspec.Struct, frozen=True, array_like=True, tag="frame"):
    """A frame of a public feed, as it came."""

    at: Moment
    text: str


class Answer(msgspec.Struct, frozen=True, array_like=True, tag="answer"):
    """An answer to a question about the market.

    Attributes:
        at: when it arrived.
        endpoint: its id in the catalogue.
        params: of the question, without whose it was; names in capitals.
        next_page: whether a further page was asked for.
        status: as HTTP has it.
        more: whether there are further pages.
        body: as it came, without whose it was.
    """

    at: Moment
    endpoint: str
    params: dict[str, str]
    next_page: bool
    status: int
    more: bool
    body: dict[str, Any]


class Registered(msgspec.Struct, frozen=True, array_like=True, tag="registered"):
    """A registration for a feed stands from now on, or no longer."""

    at: Moment
    tr_id: str
    key: str
    on: bool


class Stream(msgspec.Struct, frozen=True, array_like=True, tag="stream"):
    """The stream went down or is up again; `since`: from when on nothing was received."""

    at: Moment
    up: bool
    since: Moment


class Name(msgspec.Struct, frozen=True, array_like=True, tag="name"):
    """What was known beforehand of an instrument that turned up."""

    at: Moment
    code: str
    name: str
    market: Market
    kind: Kind


class Traded(msgspec.Struct, frozen=True, array_like=True, tag="traded"):
    """An order of one's own was filled: so many shares were there at that price for who came.

    Nothing says whose it was. `side`: of the order. Won and shares.
    """

    at: Moment
    code: str
    side: Side
    price: Count
    quantity: Count


class Lost(msgspec.Struct, frozen=True, array_like=True, tag="lost"):
    """So many entries since `since` were not written: they came faster than they could be."""

    at: Moment
    since: Moment
    count: Count


Entry = Begun | Frame | Answer | Registered | Stream | Name | Traded | Lost

_decoder: Final[msgspec.json.Decoder[Entry]] = msgspec.json.Decoder(Entry)


def encode(entry: Entry) -> bytes:
    """Return an entry as a line."""
    return msgspec.json.encode(entry) + b"\n"


def decode(line: bytes) -> Entry:
    """Read an entry out of a line.

    Raises:
        msgspec.MsgspecError: it is none.
    """
    return _decoder.decode(line)
