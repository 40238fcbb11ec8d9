"""The control API of a simulated exchange, as a client of it sees it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self, TypeVar

import aiohttp
import msgspec

from maemae.causes import cause
from maemae.errors import ExchangeError
from maemae.i18n import _

T = TypeVar("T")


class SimClock(msgspec.Struct, frozen=True):
    """What time it is on the exchange, and how fast it runs there."""

    now: datetime
    speed: float | str
    day: str
    open: datetime
    close: datetime
    end: datetime
    run: str
    """Which exchange it is: another one at the same address has another."""
    paused: bool = False
    """Whether it stands still; `speed` is then how fast it will run."""


class SimStep(msgspec.Struct, frozen=True):
    """Where a step ended, and how many WebSocket messages have been sent by then."""

    now: datetime
    frames: int


class SimAccount(msgspec.Struct, frozen=True):
    """An account of the exchange; nothing about it is secret."""

    personality: str
    app_key: str
    app_secret: str
    account: str
    hts_id: str


class SimOrder(msgspec.Struct, frozen=True):
    """An order in the exchange's own books; `original` is the number of the one it amends."""

    code: str
    side: str
    quantity: int
    filled: int
    status: str
    order_no: int | str
    original: int | None = None


class SimFill(msgspec.Struct, frozen=True):
    """An execution in the exchange's own books; price in won, time of day."""

    code: str
    side: str
    quantity: int
    price: int
    time: str
    order_no: int | str


class SimBooks(msgspec.Struct, frozen=True):
    """The exchange's own books of an account; won throughout."""

    cash: int
    fees: int
    taxes: int
    positions: dict[str, int]
    orders: list[SimOrder]
    fills: list[SimFill]


@dataclass
class SimControl:
    """A client of the control API; use it in an async with block.

    Args:
        url: address of the exchange, such as `http://127.0.0.1:9443`.
    """

    url: str

    async def __aenter__(self) -> Self:
        """Open a connection."""
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self._http.close()

    async def clock(self) -> SimClock:
        """Return the exchange's clock."""
        return await self._call("GET", "clock", SimClock)

    async def accounts(self) -> list[SimAccount]:
        """Return the accounts that can trade."""
        return await self._call("GET", "accounts", list[SimAccount])

    async def books(self, account: str, day: date) -> SimBooks:
        """Return the exchange's books of an account (`12345678-01`) on a day."""
        return await self._call("GET", f"books?account={account}&day={day}", SimBooks)

    async def step(self, until: datetime) -> SimStep:
        """Let stepped time run until then, or until something is sent to a socket."""
        return await self._call("POST", "step", SimStep, {"until": until.isoformat()})

    async def resume(self) -> SimClock:
        """Let the exchange's clock run; return it."""
        return await self._call("POST", "resume", SimClock)

    async def pause(self) -> SimClock:
        """Stop the exchange's clock; return it."""
        return await self._call("POST", "pause", SimClock)

    async def next_day(self) -> None:
        """Let the exchange go to its next trading day; positions and cash carry over."""
        await self._call("POST", "next-day", dict)

    async def add_fault(self, **fault: object) -> None:
        """Switch a fault on; the fields of `[[fault]]` in a scenario file."""
        await self._call("POST", "faults", dict, fault)

    async def clear_faults(self) -> None:
        """Switch all faults off."""
        await self._call("DELETE", "faults", dict)

    async def journal(self, since: int) -> list[dict[str, Any]]:
        """Return the exchange's journal behind a number: every call and frame, with its fault."""
        return await self._call("GET", f"journal?since={since}", list[dict[str, Any]])

    async def _call(self, method: str, path: str, kind: type[T], body: Any = None) -> T:
        url = f"{self.url}/control/{path}"
        try:
            async with self._http.request(method, url, json=body) as response:
                data = await response.read()
                if response.status != 200:  # noqa: PLR2004
                    raise ExchangeError(
                        _("the exchange at {url} refused {path}: {status} {decode}").format(
                            url=self.url,
                            path=path,
                            status=response.status,
                            decode=data[:200].decode(errors="replace"),
                        )
                    )
                return msgspec.json.decode(data, type=kind)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ExchangeError(
                _(
                    "no simulated exchange answers at {url}: start one with `maemae "
                    "exchange`, or set sim.url to its address ({error})"
                ).format(url=self.url, error=cause(error))
            ) from error
        except msgspec.MsgspecError as error:
            raise ExchangeError(
                _("{url} answered something unexpected: {error}").format(url=url, error=error)
            ) from error
