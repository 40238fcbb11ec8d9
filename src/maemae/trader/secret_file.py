"""Secrets in a file, for machines without a keyring: a TOML file that only its owner may read.

It is `secrets.toml` in the data folder of the user, or what MAEMAE_SECRETS_FILE names.
"""

import os
import sys
from pathlib import Path

import tomli_w
from platformdirs import user_data_path

from maemae.errors import SettingsError
from maemae.i18n import _
from maemae.reading import SETTINGS, parse_toml, read_text

VARIABLE = "MAEMAE_SECRETS_FILE"
_OTHERS = 0o077


def secret_file() -> Path:
    """Return where the file is, or would be."""
    given = os.environ.get(VARIABLE)
    return Path(given) if given else Path(user_data_path("maemae", appauthor=False), "secrets.toml")


def read_secrets() -> dict[str, str]:
    """Return the secrets by name; none where there is no file.

    Raises:
        SettingsError: the file can be read by others, or cannot be read by us.
    """
    path = secret_file()
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(
            _("the secrets in {path} cannot be read: {error}").format(path=path, error=error)
        ) from error
    if sys.platform != "win32" and mode & _OTHERS:
        raise SettingsError(
            _("others may read the secrets in {path}: run `chmod 600 {path}`").format(path=path)
        )
    text = read_text(path, SETTINGS, SettingsError)
    try:
        found = parse_toml(text, str(path), SettingsError)
    except SettingsError as error:
        # The error's text may quote the line, and with it the secret.
        line = str(error).rpartition("(")[2].rstrip(")")
        raise SettingsError(
            _("the secrets in {path} are not valid TOML: {line}").format(path=path, line=line)
        ) from None
    return {name: value for name, value in found.items() if isinstance(value, str)}


def write_secret(name: str, secret: str) -> Path:
    """Keep a secret in the file, in one step, mode 0600 from the first byte on.

    Raises:
        SettingsError: the file cannot be written.
    """
    path = secret_file()
    known = read_secrets() | {name: secret}
    fresh = path.with_suffix(".new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(tomli_w.dumps(known).encode())
        fresh.replace(path)
    except OSError as error:
        raise SettingsError(
            _("the secrets cannot be kept in {path}: {why}").format(path=path, why=error.strerror)
        ) from error
    return path
