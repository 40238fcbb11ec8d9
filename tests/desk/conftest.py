import pytest
from tests.desk.table import Table, rules

from maemae.desk.desk import Desk


@pytest.fixture
def table() -> Table:
    return Table(Desk(rules()))
