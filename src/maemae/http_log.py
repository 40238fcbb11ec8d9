"""What the web servers of this process write of requests that are no HTTP: nothing.

aiohttp answers such a request with 400 by itself and logs it with a traceback, which any stranger
could fill a terminal with.
"""

import logging

from aiohttp.http_exceptions import HttpProcessingError


def keep_quiet_about_bad_requests() -> None:
    """Leave requests that are no HTTP out of the log of aiohttp's servers; does so once."""
    logger = logging.getLogger("aiohttp.server")
    if _is_ours not in logger.filters:
        logger.addFilter(_is_ours)


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a record is of a fault of ours, not of a request's."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)
