"""maemae (매매): automated trading of Korean stocks through the KIS Open API."""

__version__ = "0.1.0"
