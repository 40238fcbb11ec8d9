"""KIS's protocol, as the exchange speaks it: replies, frames, codes, keys. No sockets here."""
