"""Addresses that settings may name: whoever answers there hears keys, account and orders."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from maemae.i18n import _

KIS = ".koreainvestment.com"
"""KIS's own stream speaks no TLS; approval keys, not app keys, go there."""


def rest(url: str) -> str:
    """Check the address of a REST server; blank is KIS's own.

    Raises:
        ValueError: it is none, or others could listen.
    """
    _check(url, "https", "http", exempt="")
    return url


def socket(url: str) -> str:
    """Check the address of a stream; blank is KIS's own.

    Raises:
        ValueError: it is none, or others could listen.
    """
    _check(url, "wss", "ws", exempt=KIS)
    return url


def is_this_machine(host: str) -> bool:
    """Whether a host name or number is that of this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check(url: str, safe: str, plain: str, exempt: str) -> None:
    if not url:
        return
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in (safe, plain) or not host:
        raise ValueError(_("must be an address such as {safe}://host:port").format(safe=safe))
    if parts.scheme == plain and not (
        is_this_machine(host) or (exempt and f".{host}".endswith(exempt))
    ):
        said = _("must begin with {safe}://, so that nobody on the way can listen or change it")
        raise ValueError(said.format(safe=safe))
