"""The control API: the service over HTTP, on this machine unless the owner says otherwise."""
