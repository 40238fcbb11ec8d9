"""The errors of maemae: each message says what is wrong, where, and what to do about it."""


class MaemaeError(Exception):
    """Base of every error that a person is meant to read.

    The command line prints the message as one line and exits with `exit_status`.
    """

    exit_status = 2


class SettingsError(MaemaeError):
    """A setting is missing, unknown or out of range; the message names the key and the file."""


class DataError(MaemaeError):
    """A file of prices, instruments or rules cannot be used; the message names file and row."""


class WireError(MaemaeError):
    """The broker could not be asked, or its answer could not be understood."""


class LedgerError(MaemaeError):
    """The ledger cannot be read or written; nothing may be sent while this holds."""


class ExchangeError(MaemaeError):
    """The simulated exchange cannot be started or does not answer."""


class InvariantError(MaemaeError):
    """Something that must never happen did: a bug in maemae, reported and never worked around."""

    exit_status = 70
