"""What a demonstration needs is got ready at once, and ends at once where one part fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from maemae.cli import demo
from maemae.cli.demo import Addresses, NewLink
from maemae.cli.preparing import Preparing, preparing
from maemae.errors import ExchangeError


def test_where_nobody_looks_lines_are_printed_and_nothing_is_drawn(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with preparing(drawn=False) as parts:
        with parts.part("one"):
            parts.say("first")
        parts.say("second", err=True)
    assert capsys.readouterr() == ("first\n", "second\n")


@pytest.fixture
def happened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A page and an exchange that each wait for the other to be begun."""
    said: list[str] = []
    page_begun, exchange_begun = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def page(_parts: Preparing) -> AsyncIterator[NewLink]:
        page_begun.set()
        try:
            await exchange_begun.wait()
            yield lambda: "link"
        finally:
            said.append("page ended")

    @asynccontextmanager
    async def exchange(flags: dict[str, Any]) -> AsyncIterator[Addresses]:
        exchange_begun.set()
        await page_begun.wait()
        if flags.get("fails"):
            raise ExchangeError("no market")
        yield Addresses("real", "virtual")
        said.append("exchange ended")

    monkeypatch.setattr(demo, "_page_beside", page)
    monkeypatch.setattr(demo, "running_exchange", exchange)
    return said


async def test_page_and_exchange_start_at_once(happened: list[str]) -> None:
    async with AsyncExitStack() as stack:
        link, addresses = await demo._beside(stack, Preparing(None), {}, page=True)
        assert link is not None
        assert (link(), addresses.real) == ("link", "real")
        assert happened == []
    assert sorted(happened) == ["exchange ended", "page ended"]


async def test_where_the_exchange_fails_the_page_ends_and_the_reason_is_said(
    happened: list[str],
) -> None:
    with pytest.raises(ExchangeError, match="no market"):
        async with AsyncExitStack() as stack:
            await demo._beside(stack, Preparing(None), {"fails": True}, page=True)
    assert happened == ["page ended"]
