"""History as it was: real trading days in virtual time, positions held across all of it."""
