"""Reading all pages of a query: complete, partial or unavailable, and never quietly short."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from maemae import catalogue
from maemae.catalogue import CodeKind, Paging, RestEndpoint
from maemae.errors import KisRefused, KisUnreadable, SettingsError, WireError
from maemae.i18n import _
from maemae.kis.caller import Reader
from maemae.kis.priority import Priority
from maemae.kis.reply import Reply, rows

MAX_PAGES = 50
_ENVELOPE = ("rt_cd", "msg_cd", "msg1", "message")


@dataclass(frozen=True)
class Pages:
    """The rows of a query by block name; an object counts as one row per page.

    Attributes:
        blocks: name of the block → its rows, in the order of the pages.
        pages: how many pages were read.
    """

    blocks: dict[str, list[dict[str, Any]]]
    pages: int

    def rows(self, *names: str) -> list[dict[str, Any]]:
        """Return the rows of the first of these blocks that is there."""
        return next((self.blocks[name] for name in names if name in self.blocks), [])

    def last(self, *names: str) -> dict[str, Any]:
        """Return the last row of the first of these blocks (a summary is on each page)."""
        found = self.rows(*names)
        return found[-1] if found else {}


@dataclass(frozen=True)
class Complete(Pages):
    """Everything there is."""


@dataclass(frozen=True)
class Partial(Pages):
    """Some pages, and why there are no more; to be treated as "not known", never as "not there"."""

    error: WireError = field(default_factory=lambda: WireError(_("incomplete")))


@dataclass
class _Collected:
    blocks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    pages: int = 0

    def add(self, reply: Reply) -> None:
        self.pages += 1
        loose = {}
        for name, value in reply.body.items():
            if isinstance(value, dict | list):
                self.blocks.setdefault(name, []).extend(rows(reply, name))
            elif name not in _ENVELOPE and not name.startswith("ctx_area"):
                loose[name] = value
        if loose:
            self.blocks.setdefault("", []).append(loose)


def collect(reply: Reply) -> Complete:
    """Return the rows of a single answer."""
    collected = _Collected()
    collected.add(reply)
    return Complete(collected.blocks, collected.pages)


async def read_pages(
    caller: Reader,
    endpoint: RestEndpoint,
    params: Mapping[str, str],
    *,
    choice: Mapping[str, str] | None = None,
    priority: Priority = Priority.QUOTE,
    limit: int = MAX_PAGES,
) -> Complete | Partial:
    """Read page after page until the broker says it was the last.

    Args:
        caller: who asks.
        endpoint: what is asked.
        params: the parameters of the first page.
        choice: what the transaction id depends on.
        priority: rank in the request budget.
        limit: at most this many pages.

    Raises:
        WireError: the first page could not be had.
    """
    collected = _Collected()
    request = dict(params)
    while True:
        try:
            reply = await caller.ask(
                endpoint, request, choice=choice, priority=priority, next_page=collected.pages > 0
            )
        except WireError as error:
            if not collected.pages:
                raise
            return Partial(collected.blocks, collected.pages, error)
        collected.add(reply)
        if not reply.more:
            return Complete(collected.blocks, collected.pages)
        following = _following(endpoint.paging, request, reply)
        if following is None:
            return Complete(collected.blocks, collected.pages)
        stuck = following == request and endpoint.paging and endpoint.paging.params
        if stuck or collected.pages >= limit:
            same, many = _("the next page is the same page"), _("more than {n} pages")
            cause = same if stuck else many.format(n=limit)
            return Partial(
                collected.blocks, collected.pages, KisUnreadable(f"{endpoint.id}: {cause}")
            )
        request = following


def _following(
    paging: Paging | None, request: Mapping[str, str], reply: Reply
) -> dict[str, str] | None:
    """Return the parameters of the next page, or None where the answer names no next one.

    The header alone is not believed for context paging: the real server fills the search key on
    the last page too, so only a next key that is not blank means another page.
    """
    if paging is None or paging.style == "header":
        return dict(request)
    changed = dict(request)
    for name in paging.params:
        changed[name] = str(reply.body.get(name.lower()) or "")
    last = changed[paging.params[-1]]
    return changed if last.strip() else None


async def read_all(
    caller: Reader,
    endpoint: RestEndpoint,
    params: Mapping[str, str],
    *,
    choice: Mapping[str, str] | None = None,
    priority: Priority = Priority.QUOTE,
) -> Complete:
    """Read all pages or fail.

    When data changed between two pages the query is begun again. With exactly one full page the
    real server announces a second one and then reports a change each time; two equal passes are
    therefore taken as complete.

    Raises:
        WireError: not all pages could be had.
    """
    before: Partial | None = None
    for _attempt in range(3):
        result = await read_pages(caller, endpoint, params, choice=choice, priority=priority)
        if isinstance(result, Complete):
            return result
        error = result.error
        if not (isinstance(error, KisRefused) and _has_changed(error.code)):
            raise error
        if before is not None and before.blocks == result.blocks and result.pages == 1:
            return Complete(result.blocks, result.pages)
        before = result
    assert before is not None  # noqa: S101
    raise before.error


def _has_changed(value: str) -> bool:
    known = catalogue.code(value)
    return known is not None and known.kind is CodeKind.CHANGED


def fill(
    endpoint: RestEndpoint, given: Mapping[str, str], account: Mapping[str, str]
) -> dict[str, str]:
    """Return the parameters in full: names in the broker's case, account and defaults filled in.

    Raises:
        SettingsError: a name is unknown, or a needed one is missing.
    """
    filled: dict[str, str] = {}
    for name, value in given.items():
        param = endpoint.param(name)
        if param is None:
            known = ", ".join(param.name for param in endpoint.params) or "none"
            raise SettingsError(
                _("{id} has no parameter {name}; it has: {known}").format(
                    id=endpoint.id, name=name, known=known
                )
            )
        filled[param.name] = value
    missing = []
    for param in endpoint.params:
        if param.name in filled:
            continue
        if param.name.upper() in account:
            filled[param.name] = account[param.name.upper()]
        elif param.default is not None or not param.required:
            filled[param.name] = param.default or ""
        else:
            missing.append(f"{param.name} ({param.label})" if param.label else param.name)
    if missing:
        raise SettingsError(
            _("{id} needs {missing}; give a blank value where none applies").format(
                id=endpoint.id, missing=", ".join(missing)
            )
        )
    return filled
