"""The check-up: what must be right before trading, asked one by one, with what to do about it."""
