"""A condition search whose answer may have been cut."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.exchange.conftest import DAY

from maemae.desk import events as ev
from maemae.kis import ConditionHit, ConditionTitle
from maemae.trader.sources.condition import ConditionSource
from maemae.trader.sources.source import Means


class Broker:
    """Finds so many stocks; knows nothing of them, so nothing is offered."""

    hits = 0

    async def condition_titles(self, **_: Any) -> list[ConditionTitle]:
        return [ConditionTitle(0, "매매", "급등")]

    async def condition_result(self, number: int, **_: Any) -> list[ConditionHit]:
        del number
        return [cast("ConditionHit", SimpleNamespace(code=f"{n:06}")) for n in range(self.hits)]

    async def learn(self, codes: Any) -> None:
        list(codes)

    def get(self, code: str) -> None:
        del code

    def now(self) -> Any:
        return DAY


@pytest.mark.parametrize(("hits", "said"), [(0, 0), (99, 0), (100, 1)])
async def test_a_search_that_fills_the_broker_s_page_is_said_to_be_cut_once(
    hits: int, said: int
) -> None:
    broker, told = Broker(), list[ev.Event]()
    broker.hits = hits
    means = SimpleNamespace(data=broker, directory=broker, clock=broker)
    source = ConditionSource("scalper", 0, cast("Means", means))
    await source.start(told.append)
    for _ in range(3):
        assert (await source.offer()).offers == ()
    assert [one.kind for one in told if isinstance(one, ev.Reported)] == ["search_cut"] * said
