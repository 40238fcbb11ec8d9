"""From nothing to a trusted bot: the settings file, the questions, the check-up, the backup."""
