"""A real PostgreSQL server of our own, as a fixture."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def _program(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL server of our own; skips where none is installed."""
    initdb, server = _program("initdb"), _program("postgres")
    if initdb is None or server is None:
        pytest.skip("no PostgreSQL server is installed (apt-get install postgresql)")
    # The server refuses to run as root; Debian's package brings a user for it.
    user = {"user": "postgres"} if os.geteuid() == 0 else {}
    # pytest's own folders are closed to other users, and the server is one.
    folder = Path(tempfile.mkdtemp(prefix="maemae-postgres-"))
    if user:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    subprocess.run(
        [initdb, "-D", data, "-U", "maemae", "-A", "trust", "--no-sync", "-E", "UTF8"],
        check=True, capture_output=True, cwd="/", **user,
    )  # fmt: skip
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
                "fsync": "off"}  # fmt: skip
    flags = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    log = folder / "log"
    log.touch(mode=0o666)
    with log.open("w") as said:
        running = subprocess.Popen([server, "-D", data, *flags], cwd="/", stderr=said, **user)
    try:
        _wait(port, running)
        yield f"postgresql://maemae@127.0.0.1:{port}/postgres"
    finally:
        running.terminate()
        running.wait(30)
        shutil.rmtree(folder)


def _wait(port: int, running: "subprocess.Popen[bytes]") -> None:
    """Wait until the server answers: `pg_isready` asks it properly."""
    ready = _program("pg_isready") or "pg_isready"
    for _ in range(100):
        asked = [ready, "-q", "-h", "127.0.0.1", "-p", str(port), "-t", "1"]
        if subprocess.run(asked, check=False).returncode == 0:
            return
        assert running.poll() is None, "PostgreSQL did not start"
    raise AssertionError("PostgreSQL did not answer")
