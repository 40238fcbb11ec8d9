"""What every test stands on: no address outside this machine, and the shared material."""

import ipaddress
import itertools
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from maemae.i18n import language, set_language

settings.register_profile("here", deadline=None)  # the machine may be busy; no test is timed
settings.load_profile("here")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that would leave this machine: no test can reach a broker."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


_homes = itertools.count()


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give each test a place of its own for a user's data: a command finds a demonstration there.

    Tests run beside each other, and one that halts must not halt the demonstration of another.
    """
    data = tmp_path_factory.getbasetemp() / f"user-data-{next(_homes)}"
    monkeypatch.setenv("XDG_DATA_HOME", str(data))


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Speak English unless a test asks for Korean, so that messages can be looked at."""
    before = language()
    set_language("en")
    yield
    set_language(before)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared documents and data; a test that needs it skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the shared documents and data (../shared) are not here")
    return SHARED
