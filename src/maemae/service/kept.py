"""What the ledger tells of a venue while no trader is asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from maemae.desk.desk import Desk
from maemae.ledger.ledger import Ledger
from maemae.ledger.snapshots import known, told
from maemae.service.account import known_account
from maemae.service.answers import PlanLine
from maemae.service.history import History
from maemae.service.plans import plan_lines
from maemae.service.status import Status, status
from maemae.trader.cost_settings import costs_of
from maemae.trader.settings import Settings, desk_rules
from maemae.trader.venue import ledger_url


@contextmanager
def open_history(
    settings: Settings, say: Callable[[str], None] = lambda _: None
) -> Iterator[History | None]:
    """Open the ledger of a venue for reading; None where there is none yet.

    Args:
        settings: of the trader.
        say: is told what is wrong with the snapshot of the ledger.

    Raises:
        LedgerError: the ledger cannot be read.
        ServiceError: it holds several accounts and none was named.
    """
    account = known_account(settings)
    if account is None:
        yield None
        return
    with Ledger(ledger_url(settings), account) as ledger:
        yield History(ledger, costs_of(settings), say)


def kept_plans(settings: Settings) -> list[PlanLine]:
    """Return the plans as files and ledger tell, without a running trader.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    with open_history(settings) as past:
        return plan_lines(settings.plans_dir, settings.venue, past)


def kept_status(settings: Settings, say: Callable[[str], None] = lambda _: None) -> Status | None:
    """Return the state as the ledger tells it, without prices; None where there is no ledger.

    Args:
        settings: of the trader.
        say: is told what is wrong with the snapshot of the ledger.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    account = known_account(settings)
    if account is None:
        return None
    with Ledger(ledger_url(settings), account) as ledger:
        last, found = ledger.last(), known(ledger, costs_of(settings))
    if found.unfit is not None:
        say(told(found.unfit))
    desk = Desk(desk_rules(settings, costs_of(settings)), state=found.state)
    return status(desk, last.at) if last is not None else None
