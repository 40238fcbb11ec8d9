"""How the details of incidents are written in the ledger, as figures and codes, and said."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from maemae.i18n import N_, _
from maemae.ledger.snapshots import Unfit, told
from maemae.service import words

_WARMUP = re.compile(r"(?P<book>.+): (?P<have>\d+) / (?P<needed>\d+) x (?P<n>\d+)m, "
                     r"(?P<codes>.+), (?P<time>-|\d\d:\d\d)")  # fmt: skip
_LOOK = re.compile(r"(?P<book>.+): (?P<needs>\d+) s / (?P<bar>\d+) s / (?P<entry>\d+) s x "
                   r"(?P<names>\d+)")  # fmt: skip
_LOSS = re.compile(r"(?P<book>.+: )?(?P<loss>[\d,]+) / (?P<limit>[\d,]+)")
_SECONDS = re.compile(r"(?:(?P<what>.*?)[:,] )?(?P<n>[+-]?[\d.]+) s")
_ORDER = re.compile(
    r"(?P<intent>[\d-]+): (?P<book>.+) (?P<side>buy|sell) (?P<n>[\d,]+) x (?P<code>\w+)(?P<more>.*)"
)
_UNIT = re.compile(r"(?P<code>\w+): (?P<was>[\d,]+) > (?P<now>[\d,]+), "
                   r"(?P<last>[\d,?]+) > (?P<base>[\d,?]+) won(?P<more>.*)")  # fmt: skip
_ASKED = re.compile(r"(?P<code>\w+) (?P<n>\d+) x (?P<price>\d+)")
_PROCESS = re.compile(r"(?P<pid>\d+), (?P<at>[^,]+)(?:, (?P<file>.+))?")
_REASON = re.compile(r"(?P<intent>[\d-]+): (?P<why>\w+)")

_SNAPSHOT = re.compile("(?P<why>" + "|".join(Unfit) + ")")
_RECORDING = re.compile(
    r"(?P<why>disk_full|unwritable|slow|bound|broken)(?:: (?P<more>.*))?", re.DOTALL
)
_RECORDED = re.compile(r"(?P<n>\d+)")

_NOT_RECORDED = {
    "disk_full": N_("the disk is full, or would be"),
    "unwritable": N_("the folder or file cannot be written"),
    "slow": N_("more comes than the disk takes"),
    "bound": N_("the recordings reach record.megabytes with this day alone"),
    "broken": N_("a fault in the recording; it is off until the next start"),
}

_CUT = re.compile(r"(?P<book>.+): (?P<search>.+), (?P<n>\d+)")

_Found = Mapping[str, str]


def _warmup(found: _Found) -> str:
    waiting = _("{book}: of {needed} {n}-minute bars of earlier days there are {have}; {codes}: ")
    until = _("it decides from {time} on") if found["time"] != "-" else _("not today")
    return (waiting + until).format(**found)


def _look(found: _Found) -> str:
    said = _(
        "{book}: a look at {names} names takes {needs} seconds; a bar has {bar}, and an entry may "
        "be ordered for {entry}"
    )
    return said.format(**{**found, "names": f"{int(found['names']):,}"})


def _loss(found: _Found) -> str:
    loss, limit = (words.won(int(found[key].replace(",", ""))) for key in ("loss", "limit"))
    return found["book"] + _("loss {loss}, limit {limit}").format(loss=loss, limit=limit)


def _clock(found: _Found) -> str:
    ahead = float(found["n"])
    said = _("{n} seconds ahead") if ahead > 0 else _("{n} seconds behind")
    return said.format(n=f"{abs(ahead):.1f}")


def _seconds(found: _Found) -> str:
    said = _("{n} seconds").format(n=found["n"])
    return f"{found['what']}: {said}" if found["what"] else said


def _order(found: _Found) -> str:
    side = words.side(found["side"])
    return (
        f"{found['intent']}: {found['book']} {side} {found['code']} × {found['n']}{found['more']}"
    )


def _unit(found: _Found) -> str:
    return _("{code}: {was} shares → {now}, last price ₩{last} → base price ₩{base}{more}").format(
        **found
    )


def _asked(found: _Found) -> str:
    price = words.won(int(found["price"])) if found["price"] != "0" else _("market price")
    return f"{found['code']} {int(found['n']):,} × {price}"


def _process(found: _Found) -> str:
    said = _("process {pid}, since {at}").format(pid=found["pid"], at=found["at"])
    return f"{said}; {found['file']}" if found["file"] else said


def _reason(found: _Found) -> str:
    return f"{found['intent']}: {words.impossible(found['why'])}"


def _recording(found: _Found) -> str:
    said = _(_NOT_RECORDED[found["why"]])
    return f"{said}: {found['more']}" if found["more"] else said


def _recorded(found: _Found) -> str:
    return _("{n} entries are missing").format(n=f"{int(found['n']):,}")


def _snapshot(found: _Found) -> str:
    return told(Unfit(found["why"]))


def _cut(found: _Found) -> str:
    return _("{book}: condition search {search} found {n} names").format(**found)


@dataclass(frozen=True, slots=True)
class Detail:
    """How the details of a kind are written in the ledger, and said."""

    shape: re.Pattern[str]
    say: Callable[[_Found], str]


WARMUP = Detail(_WARMUP, _warmup)
LOOK = Detail(_LOOK, _look)
LOSS = Detail(_LOSS, _loss)
CLOCK = Detail(_SECONDS, _clock)
SECONDS = Detail(_SECONDS, _seconds)
ORDER = Detail(_ORDER, _order)
UNIT = Detail(_UNIT, _unit)
ASKED = Detail(_ASKED, _asked)
PROCESS = Detail(_PROCESS, _process)
REASON = Detail(_REASON, _reason)
RECORDING = Detail(_RECORDING, _recording)
RECORDED = Detail(_RECORDED, _recorded)
CUT = Detail(_CUT, _cut)
SNAPSHOT = Detail(_SNAPSHOT, _snapshot)
