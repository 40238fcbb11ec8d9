"""Why no answer came, in the reader's words: libraries tell it in English alone."""

import errno
import socket
import ssl

import aiohttp

from maemae.i18n import N_, _

_CAUSES: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((aiohttp.InvalidURL,), N_("it is no address")),
    ((socket.gaierror,), N_("the name of the server was not found")),
    ((aiohttp.ClientConnectorDNSError,), N_("the name of the server was not found")),
    (
        (ssl.SSLCertVerificationError, aiohttp.ClientConnectorCertificateError),
        N_("the certificate of the server is not trusted"),
    ),
    ((ssl.SSLError, aiohttp.ClientSSLError), N_("the encryption (TLS) could not be set up")),
    ((TimeoutError,), N_("it took too long")),
    ((ConnectionRefusedError,), N_("the connection was refused")),
    ((ConnectionError, aiohttp.ServerDisconnectedError), N_("the connection was cut")),
    ((aiohttp.ClientPayloadError,), N_("the answer was cut off")),
    ((aiohttp.ClientResponseError,), N_("the answer was not as agreed")),
)
"""What an error means to whoever waits, the first that fits."""

_OTHERWISE = N_("the connection failed")


def cause(error: BaseException) -> str:
    """Return what went wrong on the way to a server, with the code of the system or the library.

    The library's own text is left out: it is English, and may be long.
    """
    inner = getattr(error, "os_error", None) or error
    said = next(
        (said for kinds, said in _CAUSES if isinstance(error, kinds) or isinstance(inner, kinds)),
        _OTHERWISE,
    )
    status, number = getattr(error, "status", None), getattr(inner, "errno", None)
    if status:
        code = f"HTTP {status}"
    else:
        code = errno.errorcode.get(number or 0, "") or type(inner).__name__
    return f"{_(said)} ({code})"
