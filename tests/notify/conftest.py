from collections.abc import Iterator
from datetime import datetime

import pytest
from tests.notify.props import HurriedClock

from maemae.clock import KST
from maemae.i18n import language, set_language


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    before = language()
    set_language("en")
    yield
    set_language(before)


@pytest.fixture
def clock() -> HurriedClock:
    return HurriedClock(datetime(2022, 6, 2, 10, tzinfo=KST))
