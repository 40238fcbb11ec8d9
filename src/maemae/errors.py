"""The errors of maemae: each message says what is wrong, where, and what to do about it."""


class MaemaeError(Exception):
    """Base of every error that a person is meant to read.

    The command line prints the message and exits with `exit_status`. Whatever it quotes of what
    was read, it is one line of at most `longest` characters.
    """

    exit_status = 2
    longest = 1500

    def __str__(self) -> str:
        """Return the message."""
        said = " ".join(super().__str__().splitlines())
        return said if len(said) <= self.longest else f"{said[: self.longest]}…"


class SettingsError(MaemaeError):
    """A setting is missing, unknown or out of range; the message names the key and the file."""


class WrongSettings(SettingsError):  # noqa: N818 - named for what was found
    """Settings that do not do.

    Attributes:
        problems: one line each, with file and line, or the variable, that holds the value.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class DataError(MaemaeError):
    """A file of prices, instruments or rules cannot be used; the message names file and row."""


class WireError(MaemaeError):
    """The broker could not be asked, or its answer could not be understood."""


class LedgerError(MaemaeError):
    """The ledger cannot be read or written; nothing may be sent while this holds."""


class LedgerAway(LedgerError):  # noqa: N818 - named for what happened
    """The database server of the ledger cannot be reached at the moment; waiting helps."""


class LedgerVanished(LedgerError):  # noqa: N818 - named for what happened
    """The file of the ledger is gone, or another one is in its place; waiting does not help.

    A restart would find an empty ledger and watch no position, so the status is one of its own
    for which a supervisor does not start maemae again.
    """

    exit_status = 3


class ExchangeError(MaemaeError):
    """The simulated exchange cannot be started or does not answer."""


class ServiceError(MaemaeError):
    """The trader's service cannot be reached, or does not understand what is asked of it."""


class CommandRefused(ServiceError):  # noqa: N818 - named for what happened
    """The command was understood and the answer is no; nothing was done."""

    exit_status = 1


class InvariantError(MaemaeError):
    """Something that must never happen did: a bug in maemae, reported and never worked around."""

    exit_status = 70


class KisRefused(WireError):  # noqa: N818 - named for what happened
    """The broker answered, and the answer is a definite no: nothing was done.

    Attributes:
        code: the broker's message code, blank where it sent none.
        reason: the broker's own Korean text.
        meaning: what the code means, in English; blank for an unknown code.
        advice: what to do about it.
    """

    def __init__(
        self, where: str, code: str, reason: str, *, meaning: str = "", advice: str = ""
    ) -> None:
        said = " ".join(part for part in (code, reason) if part)
        rest = "; ".join(part for part in (meaning, advice) if part)
        super().__init__(f"{where}: {said}" + (f" ({rest})" if rest else ""))
        self.where = where
        self.code = code
        self.reason = reason
        self.meaning = meaning
        self.advice = advice


class KisThrottled(KisRefused):
    """More calls than the broker allows; the call was not executed and waiting helps."""


class KisAuth(KisRefused):
    """Keys, token or account are not accepted; waiting does not help, other keys do."""


class KisUnsupported(KisRefused):
    """The server in use does not offer this call."""


class KisUnavailable(WireError):  # noqa: N818 - named for what happened
    """No usable answer: no connection, no reply in time, or a temporary fault of the broker."""


class KisUnsent(KisUnavailable):
    """No connection was made, so the request has certainly not reached the broker."""


class KisUnreadable(WireError):  # noqa: N818 - named for what happened
    """An answer came but a needed part of it is missing or malformed."""
