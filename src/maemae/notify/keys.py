"""The secrets of the messengers: they live where the app keys do."""

from maemae.errors import SettingsError
from maemae.i18n import _
from maemae.trader.keys import SERVICE, Home, find_secret, keep_secret


def telegram_token() -> str | None:
    """Return the bot's token (`MAEMAE_TELEGRAM_TOKEN`, keyring `telegram_token`), if there is."""
    return find_secret("telegram", "token")


def keep_telegram_token(token: str) -> Home:
    """Keep the bot's token; return where."""
    return keep_secret("telegram", "token", token)


def channel_url(name: str) -> str:
    """Return the apprise URL of a channel (`MAEMAE_CHANNEL_<NAME>`, keyring `channel_<name>`).

    Raises:
        SettingsError: there is none; says where to put it.
    """
    found = find_secret("channel", name)
    if not found:
        raise SettingsError(
            _(
                "channel {name} has no URL: set MAEMAE_CHANNEL_{upper}, or run `keyring "
                "set {service} channel_{name}`"
            ).format(name=name, upper=name.upper(), service=SERVICE)
        )
    return found
