"""schemathesis holds the server against its own OpenAPI document."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from tests.service.conftest import online

from maemae.service.api.openapi import document

CHECKS = [
    schemathesis.checks.not_a_server_error,
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A served trader on a thread of its own, because schemathesis calls and waits."""
    found: list[tuple[str, str]] = []
    ready, done = Event(), Event()

    async def serve(folder: Path) -> None:
        async with online(folder) as served:
            found.append((served.url, served.shown.command))
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = Thread(target=lambda: asyncio.run(serve(tmp_path_factory.mktemp("api"))))
    thread.start()
    assert ready.wait(120)
    yield found[0]
    done.set()
    thread.join(20)


schema = schemathesis.openapi.from_dict(document()).exclude(path="/v1/events")


@schema.parametrize()
@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_it_answers_as_documented(case: schemathesis.Case[Any], address: tuple[str, str]) -> None:
    url, token = address
    case.call_and_validate(
        base_url=url, headers={"Authorization": f"Bearer {token}"}, checks=CHECKS
    )
