"""The shape of a catalogue entry."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Personality = Literal["real", "virtual"]
"""Which of the broker's two servers: real money (실전) or virtual trading (모의투자)."""


class Field(msgspec.Struct, frozen=True):
    """A field of an answer, or a column of a feed, with its Korean label."""

    name: str
    label: str = ""
    length: int | None = None
    values: dict[str, str] = {}


class Param(msgspec.Struct, frozen=True):
    """A parameter of a request: query parameter or key of the JSON body.

    A required parameter must be present but may be blank where the broker allows it. `values`
    maps a code to its Korean meaning; the broker's list is not always complete.
    """

    name: str
    label: str = ""
    required: bool = False
    length: int | None = None
    sample: str = ""
    default: str | None = None
    values: dict[str, str] = {}


class Block(msgspec.Struct, frozen=True):
    """A named part of an answer. `many`: the broker documents a list of rows."""

    name: str
    label: str = ""
    many: bool = False
    fields: tuple[Field, ...] = ()


class TrId(msgspec.Struct, frozen=True):
    """A transaction id, and for which choices it stands (`{"ord_dv": ("buy",)}`)."""

    id: str
    when: dict[str, tuple[str, ...]] = {}
    note: str = ""


class Paging(msgspec.Struct, frozen=True):
    """How further pages are asked for.

    `context`: the answer's context areas go into the next request (`params`: search key, then
    next key; both `width` characters wide). `key`: one parameter carries the last key. `header`:
    the `tr_cont` header alone.
    """

    style: Literal["context", "key", "header"]
    params: tuple[str, ...] = ()
    width: int = 0


class RestEndpoint(msgspec.Struct, frozen=True):
    """One REST call of the broker."""

    id: str
    title: str
    menu: str
    method: Literal["GET", "POST"]
    path: str
    api_id: str = ""
    virtual: bool = False
    tr_ids: dict[Personality, tuple[TrId, ...]] = {}
    legacy: dict[str, str] = {}
    paging: Paging | None = None
    row_limits: dict[Personality, int] = {}
    params: tuple[Param, ...] = ()
    top: tuple[Field, ...] = ()
    blocks: tuple[Block, ...] = ()

    def supports(self, personality: Personality) -> bool:
        """Tell whether that server offers the call."""
        return personality == "real" or self.virtual

    def choices(self, personality: Personality) -> dict[str, tuple[str, ...]]:
        """Return what has to be chosen to know the transaction id, with the possible values."""
        found: dict[str, tuple[str, ...]] = {}
        for tr in self.tr_ids.get(personality, ()):
            for name, values in tr.when.items():
                found[name] = found.get(name, ()) + tuple(
                    value for value in values if value not in found.get(name, ())
                )
        return found

    def tr_id(self, personality: Personality, choice: Mapping[str, str] | None = None) -> str:
        """Return the transaction id for a choice such as `{"ord_dv": "buy"}`.

        Ids are looked up and never derived: the virtual one is not the real one with another
        prefix (US sell is TTTT1006U and VTTT1001U).

        Raises:
            LookupError: the server does not offer the call, or the choice fits no id or several.
        """
        candidates = self.tr_ids.get(personality, ())
        if not candidates:
            raise LookupError(f"{self.id} is not offered by the {personality} server")
        given = choice or {}
        fitting = [
            tr.id
            for tr in candidates
            if all(given.get(name) in values for name, values in tr.when.items())
        ]
        if len(fitting) != 1:
            wanted = "; ".join(
                f"{name} = {' | '.join(values)}"
                for name, values in self.choices(personality).items()
            )
            raise LookupError(f"{self.id} needs a choice: {wanted}")
        return fitting[0]

    def param(self, name: str) -> Param | None:
        """Return the parameter of that name, whatever its case, or None."""
        folded = name.upper()
        return next((param for param in self.params if param.name.upper() == folded), None)

    def block(self, name: str) -> Block | None:
        """Return the block of that name, whatever its case, or None."""
        return next((block for block in self.blocks if block.name == name.lower()), None)


class StreamEndpoint(msgspec.Struct, frozen=True):
    """One WebSocket feed of the broker; its records are `^`-separated columns."""

    id: str
    title: str
    tr_ids: dict[Personality, str]
    key: str
    encrypted: bool = False
    columns: tuple[Field, ...] = ()

    def supports(self, personality: Personality) -> bool:
        """Tell whether that server offers the feed."""
        return personality in self.tr_ids

    def tr_id(self, personality: Personality) -> str:
        """Return the feed's id on that server.

        Raises:
            LookupError: the server does not offer the feed.
        """
        if personality not in self.tr_ids:
            raise LookupError(f"{self.id} is not offered by the {personality} server")
        return self.tr_ids[personality]
