"""The simulated exchange: a market, its matching, account books, and KIS's protocol before them.

Market, matching and books (`Venue`) run in process, moved by the caller's clock; the server puts
the broker's REST and WebSocket protocol on loopback ports before the same objects.
"""
