"""The two consents without which no real money moves."""

import sys

from maemae.errors import SettingsError
from maemae.i18n import _
from maemae.trader.settings import Settings

PHRASE = "real money"


def demand_consent(settings: Settings, *, flag: bool) -> None:
    """Let a live session pass only with the setting and a typed confirmation (or its flag).

    Raises:
        SettingsError: a consent is missing; says which and how it is given.
    """
    if not settings.live.real_money:
        raise SettingsError(
            _(
                "venue live trades with real money, and the consent live.real_money is "
                "not given: run `maemae golive`, which demands the evidence first"
            )
        )
    if flag:
        return
    if not sys.stdin.isatty():
        raise SettingsError(
            _("venue live also needs the flag --real-money where nobody can be asked")
        )
    typed = input(_("Real orders will be sent. Type '{phrase}' to go on: ").format(phrase=PHRASE))
    if typed.strip() != PHRASE:
        raise SettingsError(_("not confirmed; nothing was sent"))
