"""The web page over the control API and the ledger; killing it never touches trading."""
