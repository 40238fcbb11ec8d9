"""Loading and searching the endpoints."""

from functools import cache
from importlib import resources
from typing import TypeVar

import msgspec

from maemae.catalogue.model import RestEndpoint, StreamEndpoint

Row = TypeVar("Row")


def read_rows(name: str, row: type[Row]) -> list[Row]:
    """Read one of the package's JSON-lines files."""
    content = resources.files("maemae.catalogue").joinpath("data", name).read_bytes()
    return msgspec.json.Decoder(row).decode_lines(content)


@cache
def _rest() -> dict[str, RestEndpoint]:
    return {endpoint.id: endpoint for endpoint in read_rows("rest.jsonl", RestEndpoint)}


@cache
def _streams() -> dict[str, StreamEndpoint]:
    return {endpoint.id: endpoint for endpoint in read_rows("stream.jsonl", StreamEndpoint)}


@cache
def _by_tr_id() -> dict[str, RestEndpoint]:
    found: dict[str, RestEndpoint] = {}
    for endpoint in _rest().values():
        for candidates in endpoint.tr_ids.values():
            found.update((tr.id, endpoint) for tr in candidates)
        found.update((old, endpoint) for old in endpoint.legacy)
    return found


@cache
def _streams_by_tr_id() -> dict[str, StreamEndpoint]:
    return {tr: stream for stream in _streams().values() for tr in stream.tr_ids.values()}


def all_rest() -> tuple[RestEndpoint, ...]:
    """Return every REST endpoint, in the order of the broker's documents."""
    return tuple(_rest().values())


def all_streams() -> tuple[StreamEndpoint, ...]:
    """Return every WebSocket feed, in the order of the broker's documents."""
    return tuple(_streams().values())


def rest(endpoint_id: str) -> RestEndpoint:
    """Return a REST endpoint by its id, such as `domestic_stock.inquire_price`.

    Raises:
        KeyError: there is no such endpoint.
    """
    return _rest()[endpoint_id]


def stream(stream_id: str) -> StreamEndpoint:
    """Return a feed by its id, such as `domestic_stock.ccnl_krx`.

    Raises:
        KeyError: there is no such feed.
    """
    return _streams()[stream_id]


def by_tr_id(tr_id: str) -> RestEndpoint | None:
    """Return the endpoint of a transaction id of either server, ids of older days included."""
    return _by_tr_id().get(tr_id)


def by_path(path: str) -> tuple[RestEndpoint, ...]:
    """Return the endpoints at a path."""
    return tuple(endpoint for endpoint in _rest().values() if endpoint.path == path)


def stream_by_tr_id(tr_id: str) -> StreamEndpoint | None:
    """Return the feed of a transaction id of either server."""
    return _streams_by_tr_id().get(tr_id)


def search(words: str) -> list[RestEndpoint | StreamEndpoint]:
    """Return the endpoints that contain every one of the words, Korean or English.

    Looked at are id, title, menu, path, transaction ids, and the names and labels of fields.
    Endpoints that have all words in id or title come first.
    """
    wanted = words.lower().split()
    near: list[RestEndpoint | StreamEndpoint] = []
    far: list[RestEndpoint | StreamEndpoint] = []
    every: list[RestEndpoint | StreamEndpoint] = [*all_rest(), *all_streams()]
    for endpoint in every:
        head = f"{endpoint.id} {endpoint.title}".lower()
        if all(word in head for word in wanted):
            near.append(endpoint)
        elif all(word in head or word in _tail(endpoint) for word in wanted):
            far.append(endpoint)
    return near + far


def _tail(endpoint: RestEndpoint | StreamEndpoint) -> str:
    if isinstance(endpoint, StreamEndpoint):
        fields = endpoint.columns
        words = [*endpoint.tr_ids.values()]
    else:
        fields = tuple(field for block in endpoint.blocks for field in block.fields)
        words = [endpoint.menu, endpoint.path, *(f"{p.name} {p.label}" for p in endpoint.params)]
        words += [tr.id for candidates in endpoint.tr_ids.values() for tr in candidates]
    return " ".join([*words, *(f"{field.name} {field.label}" for field in fields)]).lower()
