"""What a venue is called, so that nobody takes simulated orders at live prices for real ones."""

from maemae.i18n import _


def venue_word(venue: str) -> str:
    """Return a venue's name, as it is set and typed; that of the dry run says what it is."""
    names = {"sim": _("sim"), "paper": _("paper"), "live": _("live")}
    return f"dry · {dry_word()}" if venue == "dry" else names.get(venue, venue)


def dry_word() -> str:
    """Return what the dry run is."""
    return _("simulated orders, live prices")
