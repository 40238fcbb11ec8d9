"""Two clients as one venue: orders go to one server, data that it lacks come from another."""

from collections.abc import Mapping
from dataclasses import dataclass

from maemae import catalogue
from maemae.errors import KisUnsupported, SettingsError
from maemae.i18n import _
from maemae.kis.market_client import MarketClient, find_endpoint
from maemae.kis.pages import MAX_PAGES, Complete, Partial
from maemae.kis.priority import Priority

NEEDS_LIVE_KEY = (
    "the virtual server does not offer this: add a live key, which is then asked for data only; "
    "prices, charts, orders and the balance work with the paper key alone"
)


@dataclass(frozen=True)
class Clients:
    """The clients of a venue.

    The virtual server has no condition search, multi-quote, rankings or holidays. With a live key
    beside the paper key those questions go to the live server, under its own token, budget and
    stream; orders and questions about the account never do.

    Attributes:
        orders: where orders go and where the account is.
        data: where to ask for what the orders' server lacks; None where there is no such key.
    """

    orders: MarketClient
    data: MarketClient | None = None

    def for_endpoint(self, endpoint_id: str) -> MarketClient:
        """Return the client that answers an endpoint.

        Raises:
            KisUnsupported: only the live server offers it, and there is no live key, or it is
                about the account.
            SettingsError: there is no such endpoint.
        """
        endpoint = find_endpoint(endpoint_id)
        if endpoint.supports(self.orders.server.personality):
            return self.orders
        if "/trading/" in endpoint.path:
            advice = _("the virtual server does not offer this, and it is about the paper account")
        elif self.data is not None:
            return self.data
        else:
            advice = _(NEEDS_LIVE_KEY)
        raise KisUnsupported(endpoint.id, "", endpoint.title, advice=advice)

    def for_feed(self, feed: str) -> MarketClient:
        """Return the client whose stream carries a feed; own notices are the orders' client's.

        Raises:
            KisUnsupported: only the live server offers it, and there is no live key.
            SettingsError: there is no such feed.
        """
        try:
            endpoint = catalogue.stream(feed)
        except KeyError:
            raise SettingsError(
                _("there is no feed {feed}: see maemae kis call --list").format(feed=feed)
            ) from None
        if endpoint.supports(self.orders.server.personality):
            return self.orders
        if self.data is None:
            raise KisUnsupported(endpoint.id, "", endpoint.title, advice=_(NEEDS_LIVE_KEY))
        return self.data

    async def call(
        self,
        endpoint_id: str,
        params: Mapping[str, str] | None = None,
        *,
        choice: Mapping[str, str] | None = None,
        priority: Priority = Priority.QUOTE,
        pages: int = MAX_PAGES,
    ) -> Complete | Partial:
        """Call an endpoint on the server that offers it; see `KisClient.call`."""
        client = self.for_endpoint(endpoint_id)
        return await client.call(endpoint_id, params, choice=choice, priority=priority, pages=pages)
