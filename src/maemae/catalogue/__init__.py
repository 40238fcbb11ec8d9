"""What the broker's Open API offers, as data: REST endpoints, WebSocket feeds, message codes.

The wire reads it to build requests and to decode answers, the simulated exchange to serve them;
it is the only thing the two have in common. Source: the KIS portal's specification workbook of
2026-06-03 and the official sample repository of 2026-07-09.
"""

from maemae.catalogue.codes import Code, CodeKind, all_codes, code
from maemae.catalogue.endpoints import (
    all_rest,
    all_streams,
    by_path,
    by_tr_id,
    rest,
    search,
    stream,
    stream_by_tr_id,
)
from maemae.catalogue.model import (
    Block,
    Field,
    Paging,
    Param,
    Personality,
    RestEndpoint,
    StreamEndpoint,
    TrId,
)

__all__ = [
    "Block",
    "Code",
    "CodeKind",
    "Field",
    "Paging",
    "Param",
    "Personality",
    "RestEndpoint",
    "StreamEndpoint",
    "TrId",
    "all_codes",
    "all_rest",
    "all_streams",
    "by_path",
    "by_tr_id",
    "code",
    "rest",
    "search",
    "stream",
    "stream_by_tr_id",
]
