from datetime import datetime

import pytest
from tests.notify.props import HurriedClock

from maemae.clock import KST


@pytest.fixture
def clock() -> HurriedClock:
    return HurriedClock(datetime(2022, 6, 2, 10, tzinfo=KST))
