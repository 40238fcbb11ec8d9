"""Next-open plans: written after the close, carried out at the next open."""
