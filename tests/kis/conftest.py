from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.kis.broker import CREDENTIALS, Broker, FakeClock

from maemae.kis import KisClient


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    async with Broker() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def kis(broker: Broker, clock: FakeClock, tmp_path: Path) -> AsyncIterator[KisClient]:
    client = KisClient(broker.server(), CREDENTIALS, clock=clock, state_dir=tmp_path / "state")
    async with client:
        yield client
