"""Price history: reading, checking, storing and adjusting daily and minute bars."""
