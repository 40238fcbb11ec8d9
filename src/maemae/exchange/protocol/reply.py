"""REST calls and replies: the envelope, the paddings and the codes.

Sources: KIS portal workbook of 2026-06-03, and what live servers were seen to send.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from maemae.catalogue import Personality, RestEndpoint, code

Body = dict[str, Any]

OK, GATEWAY, FORBIDDEN = 200, 500, 403
"""HTTP statuses in use: business refusals are 200, the gateway's errors 500, tokens' 403."""

_MESSAGE_WIDTH = 80


@dataclass(frozen=True, slots=True)
class Call:
    """A REST request. Parameter names are folded to upper case, header names to lower case."""

    personality: Personality
    method: str
    path: str
    headers: Mapping[str, str]
    params: Mapping[str, str]

    def header(self, name: str) -> str:
        """Return a header, blank when it was not sent."""
        return self.headers.get(name, "")

    def get(self, name: str) -> str:
        """Return a parameter without surrounding blanks, blank when it was not sent."""
        return self.params.get(name, "").strip()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: HTTP status, JSON body, and the `tr_cont` header (blank: no more pages)."""

    status: int
    body: Body
    tr_cont: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class ReplyError(Exception):
    """A call is answered with an error; carries the reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply.body))
        self.reply = reply


def text_of(message_code: str) -> str:
    """Return the broker's Korean text of a code."""
    known = code(message_code)
    return known.message if known else ""


def padded(message: str) -> str:
    """Pad a message with blanks to 80 bytes of EUC-KR, as the ledger does."""
    return message + " " * max(0, _MESSAGE_WIDTH - len(message.encode("euc-kr", "replace")))


def gateway_error(message_code: str, message: str = "", status: int = GATEWAY) -> ReplyError:
    """Return the gateway's error: key order and the extra key as seen for EGW00201."""
    body = {"rt_cd": "1", "msg1": message or text_of(message_code), "msg_cd": message_code}
    if message_code == "EGW00201":
        body["message"] = message_code
    return ReplyError(Reply(status, body))


def token_error(message_code: str, message: str = "") -> ReplyError:
    """Return an error of the token endpoints, which have an envelope of their own."""
    body = {
        "error_description": message or text_of(message_code),
        "error_code": message_code,
    }
    return ReplyError(Reply(FORBIDDEN, body))


def business_error(message_code: str, message: str = "", rt_cd: str = "1") -> ReplyError:
    """Return a refusal of the business behind the gateway: HTTP 200 and no output."""
    body = {"rt_cd": rt_cd, "msg_cd": message_code, "msg1": message or text_of(message_code)}
    return ReplyError(Reply(OK, body))


def missing_field(name: str) -> ReplyError:
    """Return the answer to a call that leaves a required parameter out."""
    return business_error("OPSQ2001", f"ERROR : INPUT FIELD NOT FOUND [{name}]", "2")


def quote_reply(output: Body) -> Reply:
    """Return a quotation: outputs first, message not padded."""
    tail = {"rt_cd": "0", "msg_cd": "MCA00000", "msg1": "정상처리 되었습니다."}
    return Reply(OK, output | tail)


def filled_in(
    endpoint: RestEndpoint, block: str, values: Mapping[str, str], default: str = ""
) -> dict[str, str]:
    """Return a row with every documented field of a block, and the values where they are given.

    Fields seen on the wire but not in the documents are kept at the end.
    """
    documented = endpoint.block(block)
    given = {name.lower() for name in values}
    fields = documented.fields if documented else ()
    names = [one.name for one in fields if one.name in values or one.name.lower() not in given]
    row = {name: values.get(name, default) for name in names}
    return row | {name: value for name, value in values.items() if name not in row}
