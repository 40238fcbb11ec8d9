"""The OpenAPI document of the control API, made from its table."""

from functools import cache
from typing import Any

import msgspec

from maemae import __version__
from maemae.service.answers import Snapshot
from maemae.service.api.routes import EVENTS, method_of, path_of
from maemae.service.operations import OPERATIONS, Operation, Scope, answer_of, summary_of

_NO = "It was understood and the answer is no"

_REFUSALS = {
    "400": "The request cannot be understood; the text says why",
    "401": "No token, or a wrong one",
    "403": "The token may not do this, or the request comes from elsewhere",
    "413": "The request is too large",
    "429": "Too many wrong tokens from there; wait a minute",
    "503": "The trader or its ledger cannot answer",
}
_REFUSALS_OF_COMMANDS = _REFUSALS | {
    "408": "The body did not arrive in time",
    "409": _NO,
    "415": "The body is not application/json",
}


@cache
def document() -> dict[str, Any]:
    """Return the document, OpenAPI 3.1."""
    kinds = [kind for asked in OPERATIONS for kind in (asked, answer_of(asked))]
    schemas, components = msgspec.json.schema_components(
        [*kinds, Snapshot], ref_template="#/components/schemas/{name}"
    )
    paths: dict[str, Any] = {}
    for number, kind in enumerate(OPERATIONS):
        asks, answers = schemas[2 * number], schemas[2 * number + 1]
        described = _operation(kind, asks, answers, components)
        paths[path_of(kind)] = {method_of(kind).lower(): described}
    paths[EVENTS] = {"get": _events()}
    components["Error"] = {
        "type": "object",
        "properties": {"error": {"type": "string"}},
        "required": ["error"],
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "maemae control API",
            "version": __version__,
            "description": "What a person can ask of a running trader, and command. Won, KST.",
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _refusals(kind: type[Operation[Any]]) -> dict[str, str]:
    if kind.scope is Scope.COMMAND:
        return _REFUSALS_OF_COMMANDS
    return _REFUSALS | ({"409": _NO} if kind.refuses else {})


def _operation(
    kind: type[Operation[Any]],
    asks: dict[str, Any],
    answers: dict[str, Any],
    components: dict[str, Any],
) -> dict[str, Any]:
    reads = kind.scope is Scope.READ
    operation: dict[str, Any] = {
        "operationId": kind.name,
        "summary": summary_of(kind),
        "description": f"Needs a token of the scope {kind.scope}.",
        "responses": {
            "200": {"description": "Done", "content": {"application/json": {"schema": answers}}}
        }
        | _errors(_refusals(kind)),
    }
    if not reads:
        body = {"required": True, "content": {"application/json": {"schema": asks}}}
        return operation | {"requestBody": body}
    asked = components[asks["$ref"].rsplit("/", 1)[-1]]
    required = asked.get("required", [])
    parameters = [
        {"name": name, "in": "query", "required": name in required, "schema": _plain(schema)}
        for name, schema in asked["properties"].items()
    ]
    return operation | {"parameters": parameters}


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Drop the null of an optional parameter: a query leaves it out instead."""
    options = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    return options[0] if len(options) == 1 else schema


def _events() -> dict[str, Any]:
    return {
        "operationId": "events",
        "summary": "The live state: server-sent events, each data line a Snapshot",
        "description": "Needs a token of the scope read.",
        "responses": {
            "200": {
                "description": "A stream that does not end",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            }
        }
        | _errors(_REFUSALS),
    }


def _errors(refusals: dict[str, str]) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Error"}
    return {
        status: {"description": text, "content": {"application/json": {"schema": schema}}}
        for status, text in refusals.items()
    }
