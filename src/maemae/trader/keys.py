"""Secrets: from the environment, else the system's keyring, else a file of mode 0600.

Never from a settings file.
"""

import os
from dataclasses import dataclass, field
from typing import Literal

import keyring
from keyring.errors import KeyringError

from maemae.errors import SettingsError
from maemae.i18n import _
from maemae.kis import AppKey, Credentials
from maemae.trader.secret_file import read_secrets, write_secret
from maemae.trader.settings import KeySettings

SERVICE = "maemae"

Home = Literal["environment", "keyring", "file"]


@dataclass(frozen=True)
class Secret:
    """A secret and where it was found."""

    value: str = field(repr=False)
    home: Home


def credentials(venue: str, settings: KeySettings) -> Credentials:
    """Return the credentials of a venue (`paper` or `live`).

    The environment variables are `MAEMAE_PAPER_APP_KEY` and `MAEMAE_PAPER_APP_SECRET` (or
    `..._LIVE_...`); the keyring entries are `paper_app_key` and so on, of the service `maemae`.

    Raises:
        SettingsError: something is missing; says what, and where to put it.
    """
    if not settings.account:
        raise SettingsError(
            _("{venue}.account is not set: write it into maemae.toml as 12345678-01").format(
                venue=venue
            )
        )
    if not settings.hts_id:
        raise SettingsError(
            _("{venue}.hts_id is not set: condition searches and notices need it").format(
                venue=venue
            )
        )
    return Credentials(
        app_key=_secret(venue, "app_key"),
        app_secret=_secret(venue, "app_secret"),
        account=settings.account,
        hts_id=settings.hts_id,
    )


def app_key(venue: str, settings: KeySettings) -> AppKey:
    """Return the app key of a venue without its account: enough to read the market.

    Raises:
        SettingsError: something is missing; says what, and where to put it.
    """
    if not settings.hts_id:
        raise SettingsError(
            _("{venue}.hts_id is not set: condition searches need it").format(venue=venue)
        )
    return AppKey(_secret(venue, "app_key"), _secret(venue, "app_secret"), hts_id=settings.hts_id)


def has_keys(venue: str, settings: KeySettings) -> bool:
    """Whether a venue has an account and an app key."""
    return bool(settings.account and find_secret(venue, "app_key"))


def find_secret(owner: str, name: str) -> str | None:
    """Return a secret, or None; see `locate_secret`."""
    found = locate_secret(owner, name)
    return found.value if found is not None else None


def locate_secret(owner: str, name: str) -> Secret | None:
    """Return a secret: `MAEMAE_<OWNER>_<NAME>`, else `<owner>_<name>` of keyring or file.

    Raises:
        SettingsError: there is a file of secrets that cannot be used.
    """
    given = os.environ.get(_variable(owner, name))
    if given:
        return Secret(given, "environment")
    entry = f"{owner}_{name}"
    try:
        kept = keyring.get_password(SERVICE, entry)
    except KeyringError:
        kept = None  # A machine without a keyring has the file.
    if kept:
        return Secret(kept, "keyring")
    kept = read_secrets().get(entry)
    return Secret(kept, "file") if kept else None


def keep_secret(owner: str, name: str, secret: str) -> Home:
    """Put a secret into the system's keyring, or where there is none into the file.

    Raises:
        SettingsError: the file cannot be written.
    """
    entry = f"{owner}_{name}"
    try:
        keyring.set_password(SERVICE, entry, secret)
    except KeyringError:
        write_secret(entry, secret)
        return "file"
    return "keyring"


def _secret(venue: str, name: str) -> str:
    found = find_secret(venue, name)
    if not found:
        variable = _variable(venue, name)
        raise SettingsError(
            _(
                "no {name} for {venue}: run `maemae init`, set {variable}, or run "
                "`keyring set {service} {venue}_{name}`"
            ).format(name=name, venue=venue, variable=variable, service=SERVICE)
        )
    return found


def _variable(owner: str, name: str) -> str:
    return f"MAEMAE_{owner.upper()}_{name.upper()}"
