"""A real PostgreSQL server of our own, as a fixture."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def _program(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


class Server:
    """A server of our own that can be stopped, and started again where it was.

    Args:
        program: the `postgres` of the installation.
        folder: of its data and its log.
    """

    def __init__(self, program: str, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"postgresql://maemae@127.0.0.1:{self.port}/postgres"
        settings = {"port": self.port, "listen_addresses": "127.0.0.1",
                    "unix_socket_directories": "", "fsync": "off"}  # fmt: skip
        flags = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        self._words = [program, "-D", str(folder / "data"), *flags]
        self._log = folder / "log"
        self._log.touch(mode=0o666)
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with self._log.open("a") as said:
            self._running = subprocess.Popen(self._words, cwd="/", stderr=said, **_user())
        _wait(self.port, self._running)

    def stop(self) -> None:
        """Stop it as a restart of the service does: who is connected is cut off (fast shutdown)."""
        if self._running is not None:
            self._running.send_signal(signal.SIGINT)
            self._running.wait(30)
            self._running = None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A real PostgreSQL server of our own; skips where none is installed."""
    initdb, program = _program("initdb"), _program("postgres")
    if initdb is None or program is None:
        pytest.skip("no PostgreSQL server is installed (apt-get install postgresql)")
    # pytest's own folders are closed to other users, and the server is one.
    folder = Path(tempfile.mkdtemp(prefix="maemae-postgres-"))
    if _user():
        shutil.chown(folder, "postgres")
    subprocess.run(
        [initdb, "-D", folder / "data", "-U", "maemae", "-A", "trust", "--no-sync", "-E", "UTF8"],
        check=True, capture_output=True, cwd="/", **_user(),
    )  # fmt: skip
    server = Server(program, folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres(postgres_server: Server) -> str:
    """The URL of a real PostgreSQL server of our own; skips where none is installed."""
    return postgres_server.url


def _user() -> dict[str, Any]:
    """Return whom the server runs as: it refuses to be root, and Debian brings a user for it."""
    return {"user": "postgres"} if os.geteuid() == 0 else {}


def _wait(port: int, running: "subprocess.Popen[bytes]") -> None:
    """Wait until the server answers: `pg_isready` asks it properly."""
    ready = _program("pg_isready") or "pg_isready"
    for _ in range(100):
        asked = [ready, "-q", "-h", "127.0.0.1", "-p", str(port), "-t", "1"]
        if subprocess.run(asked, check=False).returncode == 0:
            return
        assert running.poll() is None, "PostgreSQL did not start"
    raise AssertionError("PostgreSQL did not answer")
