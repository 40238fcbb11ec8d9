"""The shell that runs the desk on a venue."""
