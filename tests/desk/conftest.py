import pytest
from tests.desk.table import OPENS, Table, rules

from maemae.desk.desk import Desk
from maemae.desk.records import FigureProved
from maemae.desk.sights import Figure


@pytest.fixture
def table() -> Table:
    return Table(Desk(rules()))


@pytest.fixture
def prompt() -> Table:
    """A desk that has seen on an earlier day that the order list is prompt."""
    proved = FigureProved(at=OPENS, figure=Figure.LIST, intent="earlier", seconds=1)
    return Table(Desk(rules(), [proved]))
