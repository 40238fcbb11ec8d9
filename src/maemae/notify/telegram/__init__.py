"""The Telegram bot: the same questions and commands as every other face, from the phone."""
