"""A venue: where orders go, where data comes from, what it costs there, and how time passes."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from platformdirs import user_data_path

from maemae.clock import Clock, ScaledClock, SystemClock
from maemae.errors import SettingsError
from maemae.i18n import _
from maemae.kis import (
    REAL_SERVER,
    VIRTUAL_SERVER,
    Credentials,
    KisClient,
    MarketClient,
    Server,
)
from maemae.market.costs import CostRules
from maemae.profile.profile import Profile
from maemae.trader.cost_settings import costs_of
from maemae.trader.keys import app_key, credentials, has_keys
from maemae.trader.pacing import Pacer, StepClock, StepPacer, WallPacer
from maemae.trader.server_profile import load_profile
from maemae.trader.settings import KeySettings, Settings
from maemae.trader.sim import SimAccount, SimControl
from maemae.trader.sim_time import SimTime

if TYPE_CHECKING:
    from maemae.bars.store import BarStore
    from maemae.trader.dry_feed import LiveFeed


DRY_ACCOUNT: Final = "dry-account.json"
"""Name of the file in the data folder in which the account of a dry run is kept."""


@dataclass(frozen=True)
class Venue:
    """An open venue. `data` is `orders` itself where one server offers everything."""

    name: str
    orders: KisClient
    data: MarketClient
    clock: Clock
    pacer: Pacer
    costs: CostRules
    control: SimControl | None = None
    time: SimTime | None = None
    """Of a simulated exchange whose time runs by itself."""
    kept: Path | None = None
    """Folder of what is kept of the broker's answers."""
    profile: Profile = field(default_factory=lambda: Profile("real"))
    """What is known of the server that takes the orders. Of a simulated exchange only what is
    shipped counts: it is what its switches make it, and another one tomorrow."""
    feed: "LiveFeed | None" = None
    """What the exchange of a dry run is fed by."""

    @property
    def account(self) -> str:
        """The account that is traded."""
        return self.orders.credentials.account

    @property
    def pace(self) -> float:
        """Venue seconds per real second; stepped time waits for every answer."""
        return self.clock.speed if isinstance(self.clock, ScaledClock) else 1.0


def bar_store(settings: Settings) -> "BarStore":
    """Return the store of price history; made-up prices are kept apart from real ones."""
    # Not at the top: its library takes long to load, and most commands have no bars.
    from maemae.bars.store import BarStore, default_root  # noqa: PLC0415

    made_up = data_dir(settings) / "bars-sim" if settings.venue == "sim" else default_root()
    return BarStore(settings.bars.folder or made_up)


@asynccontextmanager
async def open_venue(settings: Settings) -> AsyncIterator[Venue]:
    """Open the venue of the settings.

    Raises:
        SettingsError: keys or accounts are missing.
        ExchangeError: no simulated exchange answers.
    """
    opener = {
        "sim": _open_sim, "dry": _open_dry, "paper": _open_paper, "live": _open_live
    }[settings.venue]  # fmt: skip
    async with AsyncExitStack() as stack:
        yield await opener(settings, stack)


def data_dir(settings: Settings) -> Path:
    """Return the folder of ledgers and tokens."""
    return settings.data_dir or Path(user_data_path("maemae", appauthor=False))


def ledger_url(settings: Settings) -> str | Path:
    """Return where the venue's ledger is: venues never share one."""
    return settings.ledger or data_dir(settings) / f"ledger-{settings.venue}.sqlite"


async def _open_sim(settings: Settings, stack: AsyncExitStack) -> Venue:
    control = await stack.enter_async_context(SimControl(settings.sim.url))
    accounts = {account.personality: account for account in await control.accounts()}
    exchange = await control.clock()
    # What is kept of tokens and budgets serves the next trader on this exchange, but would lie
    # in the future of one that is started anew.
    state = Path(tempfile.gettempdir()) / f"maemae-sim-{exchange.run}"
    clock: Clock
    pacer: Pacer
    passing = None
    if isinstance(exchange.speed, str):
        clock = StepClock(control, exchange.now)
        pacer = StepPacer(clock)
    else:
        clock = scaled = ScaledClock(exchange.now, exchange.speed)
        passing = SimTime(control, scaled, exchange.run)
        pacer = WallPacer(scaled, exchange.speed, passing)
    virtual = settings.sim.orders == "virtual"

    async def client(server: Server, account: SimAccount) -> KisClient:
        keys = Credentials(
            app_key=account.app_key,
            app_secret=account.app_secret,
            account=account.account,
            hts_id=account.hts_id,
        )
        hashkey = settings.sim.hashkey
        if isinstance(clock, StepClock):  # One thing at a time, so that a day comes out the same.
            server = replace(server, limits=replace(server.limits, at_once=1))
        opened = KisClient(server, keys, clock=clock, state_dir=state, hashkey=hashkey)
        return await stack.enter_async_context(opened)

    data = await client(REAL_SERVER.at(settings.sim.url), accounts["real"])
    orders = data
    if virtual:
        server = VIRTUAL_SERVER.at(settings.sim.virtual_url)
        orders = await client(server, accounts["virtual"])
    if isinstance(clock, StepClock):
        clock.streams = [c.stream for c in dict.fromkeys([orders, data])]
    return Venue(
        name="sim",
        orders=orders,
        data=data,
        clock=clock,
        pacer=pacer,
        costs=costs_of(settings),
        control=control,
        time=passing,
        kept=state,
        profile=Profile(orders.server.personality),
    )


async def _open_dry(settings: Settings, stack: AsyncExitStack) -> Venue:
    # A whole exchange, which no other venue needs.
    from maemae.trader.dry import open_dry  # noqa: PLC0415

    clock, folder = SystemClock(), data_dir(settings)
    data = await stack.enter_async_context(market_client(settings, clock))
    orders, feed = await open_dry(settings, data, folder, stack)
    costs = costs_of(settings)
    return Venue("dry", orders, data, clock, WallPacer(clock), costs, kept=folder, feed=feed)


async def _open_paper(settings: Settings, stack: AsyncExitStack) -> Venue:
    if not has_keys("live", settings.live):
        raise SettingsError(
            _(
                "KIS's virtual server (모의투자) has no condition search and no multi-quote: "
                "paper trading asks the real server for them and needs live.account, "
                "live.hts_id and a live app key beside the paper key (orders never go "
                "there)"
            )
        )
    clock = SystemClock()
    orders = await stack.enter_async_context(make_client(settings, "paper", clock))
    data = await stack.enter_async_context(make_client(settings, "live", clock))
    costs = costs_of(settings)
    return Venue(
        "paper", orders, data, clock, WallPacer(clock), costs,
        kept=data_dir(settings), profile=load_profile(data_dir(settings), "paper", "virtual"),
    )  # fmt: skip


async def _open_live(settings: Settings, stack: AsyncExitStack) -> Venue:
    clock = SystemClock()
    client = await stack.enter_async_context(make_client(settings, "live", clock))
    costs = costs_of(settings)
    return Venue(
        "live", client, client, clock, WallPacer(clock), costs,
        kept=data_dir(settings), profile=load_profile(data_dir(settings), "live", "real"),
    )  # fmt: skip


def make_client(settings: Settings, name: Literal["paper", "live"], clock: Clock) -> KisClient:
    """Make the client of an account at KIS, not yet open.

    Raises:
        SettingsError: keys or accounts are missing.
    """
    keys: KeySettings = getattr(settings, name)
    shipped = VIRTUAL_SERVER if name == "paper" else REAL_SERVER
    server = shipped.known(load_profile(data_dir(settings), name, shipped.personality))
    return KisClient(
        _addressed(server, keys), credentials(name, keys),
        clock=clock, state_dir=data_dir(settings) / "keys", hashkey=keys.hashkey,
    )  # fmt: skip


def market_client(settings: Settings, clock: Clock) -> MarketClient:
    """Make the client that reads the live market, not yet open; it cannot trade.

    Raises:
        SettingsError: there is no live key.
    """
    known = REAL_SERVER.known(load_profile(data_dir(settings), "live", "real"))
    key, server = app_key("live", settings.live), _addressed(known, settings.live)
    return MarketClient(server, key, clock=clock, state_dir=data_dir(settings) / "keys")


def _addressed(server: Server, keys: KeySettings) -> Server:
    """Return the server at the addresses of the settings, where they name any."""
    return replace(
        server, rest_url=keys.rest_url or server.rest_url, ws_url=keys.ws_url or server.ws_url
    )
