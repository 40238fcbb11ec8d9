"""What the facts come to: the rows of orders and fills that each of them changes."""

from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    String,
    Update,
    bindparam,
    case,
    func,
    insert,
    select,
    update,
)

from maemae.desk.records import (
    Accepted,
    Amended,
    Ended,
    Filled,
    Intended,
    Lost,
    NeverArrived,
    Record,
    Refused,
    Repriced,
)
from maemae.ledger import schema

_order = schema.orders.c
_MINE = (_order.account == bindparam("of_account"), _order.intent == bindparam("of_intent"))

_FILL_ORDER = (
    update(schema.orders)
    .where(*_MINE)
    .values(
        filled=_order.filled + bindparam("more_quantity", type_=BigInteger),
        amount=_order.amount + bindparam("more_amount", type_=BigInteger),
        state=case(
            (
                _order.filled + bindparam("more_quantity", type_=BigInteger) == _order.quantity,
                "filled",
            ),
            else_=_order.state,
        ),
    )
)

_REPRICE_ORDER = (
    update(schema.orders)
    .where(*_MINE)
    .values(amount=_order.amount + bindparam("more_amount", type_=BigInteger))
)

_fill = schema.fills.c
_REPRICE_FILL = (
    update(schema.fills)
    .where(
        _fill.seq
        == select(func.max(_fill.seq))
        .where(
            _fill.account == bindparam("of_account"),
            _fill.intent == bindparam("of_intent"),
            _fill.source != "notice",
        )
        .scalar_subquery()
    )
    .values(amount=_fill.amount + bindparam("more_amount", type_=BigInteger))
)

_ADD_FILL = insert(schema.fills).from_select(
    [
        "account", "intent", "day", "book", "side", "code",
        "quantity", "amount", "executed", "source",
    ],
    select(
        _order.account,
        _order.intent,
        bindparam("of_day", type_=String),
        _order.book,
        _order.side,
        _order.code,
        bindparam("more_quantity", type_=BigInteger),
        bindparam("more_amount", type_=BigInteger),
        bindparam("of_executed", type_=String),
        bindparam("of_source", type_=String),
    ).where(*_MINE),
)  # fmt: skip


def project(connection: Connection, account: str, record: Record) -> None:
    """Change the orders and fills that a fact is about, in the transaction that keeps it."""
    match record:
        case Intended():
            connection.execute(insert(schema.orders), _order_row(account, record))
        case Accepted():
            _set(connection, account, record.intent, state="working", order_no=record.order_no)
        case Amended():
            price = record.price or None
            _set(connection, account, record.intent, order_no=record.order_no, price=price)
        case Refused():
            _set(connection, account, record.intent, state="refused")
        case Lost():
            _set(connection, account, record.intent, state="unknown")
        case NeverArrived():
            _set(connection, account, record.intent, state="never_arrived")
        case Ended():
            state = "cancelled" if record.cancelled else "expired"
            _set(connection, account, record.intent, state=state)
        case Filled():
            _project_fill(connection, account, record)
        case Repriced():
            _reprice(connection, account, record)
        case _:
            pass


def _order_row(account: str, record: Intended) -> dict[str, Any]:
    return {
        "account": account,
        "intent": record.intent,
        "day": record.at.date().isoformat(),
        "book": record.book,
        "side": record.side.value,
        "code": record.listed.code,
        "name": record.listed.name,
        "quantity": record.quantity,
        "price": record.price,
        "reason": record.reason,
        "state": "intended",
        "order_no": None,
        "filled": 0,
        "amount": 0,
        "intended": record.at.isoformat(),
    }


def _project_fill(connection: Connection, account: str, record: Filled) -> None:
    values = {
        "of_account": account,
        "of_intent": record.intent,
        "more_quantity": record.quantity,
        "more_amount": record.amount,
    }
    connection.execute(_FILL_ORDER, values)
    executed = record.executed
    more = {"of_day": executed.date().isoformat(), "of_executed": executed.isoformat()}
    connection.execute(_ADD_FILL, values | more | {"of_source": record.source})


def _reprice(connection: Connection, account: str, record: Repriced) -> None:
    """Put an order's worth right, and with it the last of its executions that was a guess."""
    more = {"of_account": account, "of_intent": record.intent, "more_amount": record.difference}
    connection.execute(_REPRICE_ORDER, more)
    connection.execute(_REPRICE_FILL, more)


def _set(connection: Connection, account: str, intent: str, **values: Any) -> None:
    mine = {"of_account": account, "of_intent": intent}
    connection.execute(_change(tuple(values)), values | mine)


@cache
def _change(names: tuple[str, ...]) -> Update:
    """Return the statement that sets some columns of an order; made once, as that takes longer."""
    return update(schema.orders).where(*_MINE).values({name: bindparam(name) for name in names})
