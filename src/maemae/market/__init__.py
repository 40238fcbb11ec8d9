"""The rules of the place: trading days and sessions, ticks, limits, costs, instruments."""
