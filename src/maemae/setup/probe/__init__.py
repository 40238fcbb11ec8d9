"""The probe: asks a broker's server, with a few orders of one share, how it behaves."""
