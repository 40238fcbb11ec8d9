"""Price history."""
