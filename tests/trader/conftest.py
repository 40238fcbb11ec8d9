"""The simulated exchange served over real sockets, for the shell's tests."""

from tests.exchange.conftest import serve

__all__ = ["serve"]
