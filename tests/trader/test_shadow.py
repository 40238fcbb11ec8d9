"""Beside trading each order is predicted, and what came of both is written down."""

from collections import Counter
from datetime import datetime, time
from pathlib import Path

import pytest
from tests.desk.table import OPENS, Table, rules
from tests.exchange.conftest import DAY
from tests.trader.days import place
from tests.trader.test_dry import bench
from tests.trader.test_recorder import moment_of, scalper

from maemae.clock import KST
from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.plausibility import DayRange
from maemae.desk.turn import Turn
from maemae.errors import DataError
from maemae.exchange.depth import Level
from maemae.exchange.fed.care import CARES, CareName
from maemae.exchange.fed.exchange import ACCOUNT, FedExchange
from maemae.exchange.sources import SyntheticSource
from maemae.kis import OrderRequest
from maemae.market.calendar import krx
from maemae.market.costs import CostRules
from maemae.market.kinds import Side
from maemae.trader import compared as module
from maemae.trader.compared import Compared, Fills, append, read_compared, shadow_path, tallies
from maemae.trader.dry import VenueTime
from maemae.trader.shadow import CASH, Looking, Shadow, shadowing

AT = datetime(2026, 12, 1, 10, tzinfo=KST)


def order(**given: object) -> Compared:
    base: dict[str, object] = {
        "at": AT, "code": "005930", "side": Side.BUY, "market": True, "quantity": 10,
        "seen": 10_000, "real": Fills(10, 100_100, 0.5), "model": Fills(10, 100_000, 0.4),
    }  # fmt: skip
    return Compared(**base | given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("side", "real", "model", "slips", "difference"),
    [
        (Side.BUY, Fills(10, 100_100), Fills(10, 100_000), (10, 0), 100),
        (Side.SELL, Fills(10, 99_900), Fills(10, 100_000), (10, 0), 100),
        (Side.SELL, Fills(10, 100_100), Fills(10, 100_000), (-10, 0), -100),
        (Side.BUY, Fills(10, 100_100), Fills(5, 50_000), (10, 0), 50),
        (Side.BUY, Fills(0, 0), Fills(5, 50_000), (None, 0), 0),
        (Side.BUY, Fills(10, 100_000), Fills(0, 0), (0, None), 0),
    ],
)
def test_slippage_is_what_was_worse_than_the_price_seen(
    side: Side, real: Fills, model: Fills, slips: tuple[int | None, int | None], difference: int
) -> None:
    one = order(side=side, real=real, model=model)
    for found, wanted in zip((one.slippage(real), one.slippage(model)), slips, strict=True):
        assert found == (None if wanted is None else pytest.approx(wanted))
    assert one.difference == difference


def test_orders_are_added_up_by_kind_and_name() -> None:
    rows = [order(), order(code="000660", model=Fills(0, 0)), order(side=Side.SELL, market=False)]
    kinds = tallies(rows, lambda one: one.kind)
    assert set(kinds) == {"market-buy", "limit-sell"}
    both = kinds["market-buy"]
    assert (both.orders, both.wanted, both.real.filled, both.model.filled) == (2, 20, 20, 10)
    assert both.difference == 100
    assert both.tracking == pytest.approx(10_000 * 100 / 200_200)
    assert tallies(rows, lambda one: one.code)["000660"].model.slippage is None


def test_the_bias_has_a_range_that_narrows_with_the_orders() -> None:
    rows = [order(real=Fills(10, 100_000 + 10 * n)) for n in (0, 20)]
    few = tallies(rows, lambda one: one.kind)["market-buy"].bias
    many = tallies(rows * 50, lambda one: one.kind)["market-buy"].bias
    assert few is not None
    assert many is not None
    assert few[0] == many[0] == pytest.approx(10)
    assert few[1] == pytest.approx(1.645 * 10)
    assert many[1] < few[1] / 5
    assert tallies(rows[:1], lambda one: one.kind)["market-buy"].bias is None


def test_what_the_models_did_not_see_is_counted_apart() -> None:
    nothing = Fills(0, 0)
    rows = [order(), order(model=nothing, blind=True), order(model=nothing, gap=True)]
    one = tallies(rows, lambda one: one.kind)["market-buy"]
    assert (one.orders, one.unclear, one.wanted, one.model.filled) == (3, 2, 10, 10)
    assert one.amount == 100_100


def test_every_care_stands_beside_what_came_of_it_and_earlier_files_have_none() -> None:
    cares: dict[CareName, Fills] = {
        "easy": Fills(10, 100_000), "usual": Fills(10, 100_200), "careful": Fills(5, 50_150),
    }  # fmt: skip
    one = tallies([order(), order(cares=cares)], lambda one: one.kind)["market-buy"]
    assert one.judged == 10
    assert {name: said.filled for name, said in one.cares.items()} == {
        "easy": 10, "usual": 10, "careful": 5
    }  # fmt: skip
    assert one.cares["careful"].slippage == pytest.approx(30)
    assert tallies([order()], lambda one: one.kind)["market-buy"].cares == {}


def test_the_file_is_private_bounded_and_survives_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shadow_path(tmp_path / "data", "paper")
    assert list(read_compared(path)) == []
    append(path, order())
    append(path, order(code="000660"))
    assert path.stat().st_mode & 0o077 == 0
    with path.open("ab") as file:
        file.write(b'{"at":"2026')
    assert [one.code for one in read_compared(path)] == ["005930", "000660"]
    path.write_bytes(path.read_bytes().rpartition(b"\n")[0] + b"\n")
    monkeypatch.setattr(module, "MOST", 300)
    for _ in range(20):
        append(path, order())
    assert path.stat().st_size < 900
    assert all(one.code == "005930" for one in read_compared(path))
    assert list(read_compared(path, since=datetime(2026, 12, 2, tzinfo=KST).date())) == []
    path.write_text("nonsense\n")
    with pytest.raises(DataError, match="shadow-paper"):
        list(read_compared(path))


async def test_a_day_is_predicted_beside_trading(tmp_path: Path) -> None:
    async with place(tmp_path, SyntheticSource(7, krx(), DAY), DAY, time(9, 0)) as here:
        await here.trade_until(here.settings(scalper()), moment_of("09:15"))
        plain = here.order_lines()
    other = tmp_path / "shadow"
    async with place(other, SyntheticSource(7, krx(), DAY), DAY, time(9, 0)) as here:
        settings = here.settings(scalper(), shadow={"enabled": True})
        await here.trade_until(settings, moment_of("09:15"))
        lines = here.order_lines()
    assert lines == plain  # It changes nothing.
    rows = list(read_compared(shadow_path(other / "state", "sim")))
    assert len(rows) > 10
    ended = Counter((one.code, one.side, one.quantity) for one in lines if one.filled)
    assert Counter((one.code, one.side.value, one.quantity) for one in rows) - ended == Counter()
    found = tallies(rows, lambda one: one.kind)
    for one in found.values():
        assert one.unclear == 0
        assert one.real.filled == one.model.filled == one.wanted
        assert one.cares["usual"] == one.model
        assert one.cares["careful"].filled > 0
        assert one.tracking is not None
        assert abs(one.tracking) < 5


@pytest.mark.parametrize("where", ["desk", "stream"])
async def test_a_model_that_fails_is_switched_off_and_trading_goes_on(
    tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []

    def fails(*given: object) -> None:
        calls.append(given)
        raise ZeroDivisionError

    if where == "desk":
        monkeypatch.setattr(Shadow, "__call__", fails)
    else:
        monkeypatch.setattr(FedExchange, "heard", fails)
    async with place(tmp_path, SyntheticSource(7, krx(), DAY), DAY, time(9, 0)) as here:
        settings = here.settings(scalper(), shadow={"enabled": True})
        await here.trade_until(settings, moment_of("09:05"))
        assert len(calls) == 1
        assert here.order_lines()


class TableClock:
    """The time of a table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def now(self) -> datetime:
        return self._table.now

    def monotonic(self) -> float:
        return self._table.now.timestamp()

    async def sleep(self, seconds: float) -> None:
        self._table.later(seconds)


class Shadowed(Table):
    """A desk on a table whose orders are predicted; its market is told by the tests."""

    def __init__(self) -> None:
        super().__init__(Desk(rules()))
        self.models: dict[CareName, FedExchange] = {
            name: FedExchange(
                krx(),
                OPENS.date(),
                VenueTime(TableClock(self)),
                cash=CASH,
                costs=CostRules.REAL,
                care=care,
            )
            for name, care in CARES.items()
        }
        self.told: list[Compared] = []
        self.looks: list[str] = []
        self.shadow = Shadow(self.models, "usual", {}, self.told.append, self.looks.append)
        step = self.desk.step

        def watched(event: ev.Event) -> object:
            turn = step(event)
            self.shadow(event, turn)
            return turn

        self.desk.step = watched  # type: ignore[assignment, method-assign]
        self.open()
        self.later(120)
        day = DayRange(10_000, 7_000, 13_000)
        self.say(ev.Price(at=self.now, code=NAME, price=10_000, polled=True, day=day))

    def sent(self) -> str:
        self.offer(NAME)
        self.power(NAME, amount=1_000_000)
        return self.sends()[-1].intent

    def see(self, quantity: int = 500) -> None:
        for model in self.models.values():
            model.see(NAME, [Level(10_010, quantity)], [Level(10_000, 500)])

    def done(self, intent: str) -> Compared:
        bought = self.desk.state.blotter.order(intent).quantity
        self.notice(7, NAME, bought, 10_020)
        self.later(30)
        self.price(NAME, 10_010)
        [one] = self.told
        return one


NAME = "000010"


def test_an_order_meets_the_models_when_the_broker_has_taken_it() -> None:
    table = Shadowed()
    intent = table.sent()
    assert table.looks == [NAME]
    table.see()
    table.later()
    table.accept(intent, 7)
    table.later()
    one = table.done(intent)
    assert one.clear
    assert one.real == Fills(one.quantity, one.quantity * 10_020, 2.0)
    assert one.model == Fills(one.quantity, one.quantity * 10_010, 1.05)
    assert one.cares["easy"] == one.model
    assert one.cares["careful"].quantity == one.quantity


def test_what_the_models_did_not_see_is_marked() -> None:
    table = Shadowed()
    intent = table.sent()
    table.accept(intent, 7)
    table.later()
    assert table.done(intent).blind
    table = Shadowed()
    intent = table.sent()
    table.see()
    table.accept(intent, 7)
    table.shadow.missed({"000020"})
    table.shadow.missed({NAME})
    one = table.done(intent)
    assert (one.blind, one.gap) == (False, True)


def test_an_order_that_was_known_to_be_taken_late_met_another_market() -> None:
    table = Shadowed()
    intent = table.sent()
    table.see()
    table.later(10)
    table.accept(intent, 7)
    assert table.done(intent).gap


def test_a_refused_order_is_none_of_the_models() -> None:
    table = Shadowed()
    intent = table.sent()
    table.see()
    table.say(ev.OrderRefused(at=table.now, intent=intent, code="APBK0952", message="x"))
    table.later(30)
    table.price(NAME, 10_010)
    assert table.told == []
    for model in table.models.values():
        account = model.account(ACCOUNT)
        assert account is not None
        assert not account.orders


def test_an_old_book_is_not_what_an_order_meets() -> None:
    table = Shadowed()
    table.see()
    table.later(10)
    intent = table.sent()
    table.accept(intent, 7)
    table.later()
    for model in table.models.values():
        model.see(NAME, [Level(10_050, 5_000)], [Level(10_040, 500)])
    assert table.done(intent).model.amount % 10_050 == 0


async def test_a_dry_run_shows_its_books_to_every_care(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(tmp_path, monkeypatch) as dry:
        kept: list[Exception] = []
        file = shadow_path(tmp_path, "dry")
        before = len(dry.asked())
        with shadowing(dry.venue, {}, care="usual", file=file, report=kept.append) as shadow:
            looking = shadow.onlooker
            assert isinstance(looking, Looking)
            day = DayRange(10_000, 7_000, 13_000)
            at = dry.clock.now()
            price = ev.Price(at=at, code=NAME, price=10_000, polled=True, day=day)
            state = Desk(rules()).state
            looking(price, Turn(state, at))
            send = cmd.Send("i", Side.BUY, NAME, 3, None, urgent=False)
            turn = Turn(state, at)
            turn.do(send)
            looking(ev.Timer(at=at, name="x"), turn)
            await dry.venue.orders.order(OrderRequest(Side.BUY, NAME, 3, None, "01"))
            books = [call for call in dry.asked()[before:] if "asking-price" in call["path"]]
            assert len(books) == 1  # The one of the order itself: the shadow asks for none.
            assert looking.shadow.knows_book(NAME)
        assert kept == []
