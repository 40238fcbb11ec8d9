"""What can be asked of a trader, once, for all faces: command line, messengers, web."""
