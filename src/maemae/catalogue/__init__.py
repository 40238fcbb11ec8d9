"""The broker's endpoints and WebSocket TRs, as data."""
