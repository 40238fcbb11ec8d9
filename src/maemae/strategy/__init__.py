"""Declarations of strategies: candidates, entry, exits, sizing, schedule."""
