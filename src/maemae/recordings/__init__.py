"""Recorded days: what the market sent and answered, as it came, in files that a replay reads."""
