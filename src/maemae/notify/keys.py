"""The secrets of the messengers: from the environment, else from the system's keyring."""

import os

import keyring
from keyring.errors import KeyringError

from maemae.errors import SettingsError

SERVICE = "maemae"


def telegram_token() -> str | None:
    """Return the bot's token (`MAEMAE_TELEGRAM_TOKEN`, keyring `telegram_token`), if there is."""
    return _find("telegram_token")


def channel_url(name: str) -> str:
    """Return the apprise URL of a channel (`MAEMAE_CHANNEL_<NAME>`, keyring `channel_<name>`).

    Raises:
        SettingsError: there is none; says where to put it.
    """
    found = _find(f"channel_{name}")
    if not found:
        raise SettingsError(
            f"channel {name} has no URL: set MAEMAE_CHANNEL_{name.upper()}, "
            f"or run `keyring set {SERVICE} channel_{name}`"
        )
    return found


def keep_telegram_token(token: str) -> bool:
    """Put the bot's token into the keyring; return whether this machine has one."""
    try:
        keyring.set_password(SERVICE, "telegram_token", token)
    except KeyringError:
        return False
    return True


def _find(entry: str) -> str | None:
    given = os.environ.get(f"MAEMAE_{entry.upper()}")
    if given:
        return given
    try:
        return keyring.get_password(SERVICE, entry)
    except KeyringError:
        return None  # A machine without a keyring: the environment is all there is.
