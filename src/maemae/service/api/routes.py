"""Where the operations are on the control API: server, client and OpenAPI document agree on it."""

from typing import Any

from maemae.service.operations import Operation, Scope

PREFIX = "/v1"
EVENTS = f"{PREFIX}/events"
DOCUMENT = f"{PREFIX}/openapi.json"
CALLER = "X-Maemae-Caller"
"""Header in which a face names itself and the person: `face:who`."""


def method_of(kind: type[Operation[Any]]) -> str:
    """Return the HTTP method: questions are asked in a query, commands in a body."""
    return "GET" if kind.scope is Scope.READ else "POST"


def path_of(operation: Operation[Any] | type[Operation[Any]]) -> str:
    """Return the path on the server."""
    return f"{PREFIX}/{operation.name}"
