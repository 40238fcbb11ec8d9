"""`maemae init`: a few questions, and what other programs' files already answer."""
