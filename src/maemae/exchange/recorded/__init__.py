"""An exchange whose market is a recorded day: what came then comes again, at the same moments."""
