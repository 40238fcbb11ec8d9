"""Which account is meant where no trader runs that could say so."""

from pathlib import Path

from maemae.errors import ServiceError
from maemae.i18n import _
from maemae.kis import mask_account
from maemae.ledger.ledger import accounts
from maemae.trader.lock import has_traded
from maemae.trader.settings import Settings
from maemae.trader.venue import data_dir, ledger_url


def known_account(settings: Settings) -> str | None:
    """Return the account that a venue's ledger is read for; None where there is no ledger yet.

    One ledger may hold the accounts of several venues. Meant is the one that was named
    (`--account`, `dashboard.account`), else that of the settings, else the one that was traded on
    this venue from here.

    Raises:
        LedgerError: the ledger cannot be read.
        ServiceError: several may be meant and none was named, or another one was.
    """
    url = ledger_url(settings)
    if isinstance(url, Path) and not url.exists():
        return None
    named, own = settings.dashboard.account, own_account(settings)
    if not named and own:
        return own
    known = accounts(url)
    if named:
        found = [one for one in known if is_meant(one, named)]
        if found or not known:
            return found[0] if found else None
        raise _unknown(_("the ledger holds no account {named}; it has {accounts}"), known, named)
    here = [one for one in known if has_traded(data_dir(settings), settings.venue, one)]
    left = here or known
    if len(left) > 1:
        raise _unknown(
            _("several accounts were traded on {venue}: {accounts}. Say which: --account NUMBER"),
            left,
            venue=settings.venue,
        )
    return left[0] if left else None


def own_account(settings: Settings) -> str:
    """Return the account that the settings name for their venue; blank where they name none."""
    keys = {"paper": settings.paper, "live": settings.live}.get(settings.venue)
    return keys.account if keys is not None else ""


def is_meant(account: str, named: str) -> bool:
    """Whether somebody's word for an account is this one: its number, or as it is shown masked."""
    return named in (account, mask_account(account))


def _unknown(text: str, known: list[str], named: str = "", venue: str = "") -> ServiceError:
    shown = ", ".join(mask_account(one) for one in known)
    masked = mask_account(named) if named.replace("-", "").isdigit() else named
    return ServiceError(text.format(accounts=shown, named=masked, venue=venue))
