"""App keys: from the environment, else from the system's keyring; never from a settings file."""

import os

import keyring
from keyring.errors import KeyringError

from maemae.errors import SettingsError
from maemae.kis import Credentials
from maemae.trader.settings import KeySettings

SERVICE = "maemae"


def credentials(venue: str, settings: KeySettings) -> Credentials:
    """Return the credentials of a venue (`paper` or `live`).

    The environment variables are `MAEMAE_PAPER_APP_KEY` and `MAEMAE_PAPER_APP_SECRET` (or
    `..._LIVE_...`); the keyring entries are `paper_app_key` and so on, of the service `maemae`.

    Raises:
        SettingsError: something is missing; says what, and where to put it.
    """
    if not settings.account:
        raise SettingsError(f"{venue}.account is not set: write it into maemae.toml as 12345678-01")
    if not settings.hts_id:
        raise SettingsError(f"{venue}.hts_id is not set: condition searches and notices need it")
    return Credentials(
        app_key=_secret(venue, "app_key"),
        app_secret=_secret(venue, "app_secret"),
        account=settings.account,
        hts_id=settings.hts_id,
    )


def has_keys(venue: str, settings: KeySettings) -> bool:
    """Whether a venue has an account and an app key."""
    return bool(settings.account and find_secret(venue, "app_key"))


def find_secret(owner: str, name: str) -> str | None:
    """Return a secret, or None: `MAEMAE_<OWNER>_<NAME>`, else keyring entry `<owner>_<name>`."""
    given = os.environ.get(_variable(owner, name))
    if given:
        return given
    try:
        return keyring.get_password(SERVICE, f"{owner}_{name}")
    except KeyringError:
        return None  # A machine without a keyring: the environment is all there is.


def keep_secret(owner: str, name: str, secret: str) -> bool:
    """Put a secret into the system's keyring; return whether this machine has one."""
    try:
        keyring.set_password(SERVICE, f"{owner}_{name}", secret)
    except KeyringError:
        return False
    return True


def _secret(venue: str, name: str) -> str:
    found = find_secret(venue, name)
    if not found:
        variable = _variable(venue, name)
        raise SettingsError(
            f"no {name} for {venue}: set {variable}, or run `keyring set {SERVICE} {venue}_{name}`"
        )
    return found


def _variable(owner: str, name: str) -> str:
    return f"MAEMAE_{owner.upper()}_{name.upper()}"
