"""The JSON messages of the WebSocket: registrations, acknowledgements, PINGPONG."""

from datetime import datetime
from typing import Any

import msgspec

from maemae import catalogue
from maemae.catalogue import CodeKind
from maemae.clock import KST
from maemae.kis.frames import FrameError

_REGISTER, _RELEASE = "1", "2"


class Registration(msgspec.Struct, frozen=True):
    """What a connection is registered for: a feed (catalogue id) and its key."""

    feed: str
    key: str


class Ack(msgspec.Struct, frozen=True):
    """The broker's answer to a registration or release, or a complaint about the connection."""

    tr_id: str
    tr_key: str
    code: str
    reason: str
    key: str = ""
    iv: str = ""

    @property
    def kind(self) -> CodeKind | None:
        """What kind of answer it is; None for a code nobody has written down."""
        known = catalogue.code(self.code)
        return known.kind if known else None

    @property
    def done(self) -> bool:
        """Whether what was asked for holds now, also because it held before."""
        return self.kind in (CodeKind.SUCCESS, CodeKind.ALREADY)


class Ping(msgspec.Struct, frozen=True):
    """PINGPONG: the broker asks whether somebody is there; `at` is its time, where it states it."""

    at: datetime | None


def registration(approval: str, tr_id: str, tr_key: str, *, release: bool = False) -> str:
    """Write the message that registers for a feed, or releases it."""
    message = {
        "header": {
            "approval_key": approval,
            "custtype": "P",
            "tr_type": _RELEASE if release else _REGISTER,
            "content-type": "utf-8",
        },
        "body": {"input": {"tr_id": tr_id, "tr_key": tr_key}},
    }
    return msgspec.json.encode(message).decode()


def read_message(text: str) -> Ack | Ping:
    """Read a JSON message.

    Raises:
        FrameError: the message is neither.
    """
    try:
        message = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise FrameError("a message that is no JSON") from None
    header = _part(message, "header")
    if header.get("tr_id") == "PINGPONG":
        return Ping(_moment(header.get("datetime")))
    body = _part(message, "body")
    output = body.get("output")
    keys = output if isinstance(output, dict) else {}
    code = str(body.get("msg_cd") or "").strip()
    if not code:
        raise FrameError("a message without a code")
    return Ack(
        tr_id=str(header.get("tr_id") or ""),
        tr_key=str(header.get("tr_key") or ""),
        code=code,
        reason=str(body.get("msg1") or "").strip()[:80],
        key=str(keys.get("key") or ""),
        iv=str(keys.get("iv") or ""),
    )


def _moment(text: Any) -> datetime | None:
    """Read a time as PINGPONG states it: Korean time, 20260102093000."""
    try:
        return datetime.strptime(str(text), "%Y%m%d%H%M%S").replace(tzinfo=KST)
    except ValueError:
        return None


def _part(message: Any, name: str) -> dict[str, Any]:
    part = message.get(name) if isinstance(message, dict) else None
    if not isinstance(part, dict):
        raise FrameError(f"a message without {name}")
    return part
