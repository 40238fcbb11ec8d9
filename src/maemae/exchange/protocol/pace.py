"""The gateway's limit on calls per second, in the exchange's own time."""

from maemae.exchange.moment import SECOND, Moment


class Pace:
    """Lets through `rate` calls in a second, for each key by itself.

    A call takes one of `rate` tokens, which come back evenly. `slack` is how late or early a
    well-paced client may be through no fault of its own: when the exchange runs faster than the
    wall clock, a millisecond of the machine's scheduling is a long time here.

    Args:
        rate: calls per second; 0 lets everything through.
        slack: in microseconds of venue time.
    """

    def __init__(self, rate: int, slack: Moment = 0) -> None:
        self._interval = SECOND // rate if rate else 0
        self._room = SECOND - self._interval + slack if rate else 0
        self._due: dict[str, Moment] = {}

    def allows(self, key: str, now: Moment) -> bool:
        """Count a call and tell whether it is within the limit; a refused call is not counted."""
        if not self._interval:
            return True
        due = max(self._due.get(key, now), now)
        if due - now > self._room:
            return False
        self._due[key] = due + self._interval
        return True
