"""What values and sentences are, told by their fields and words: settings, log entries, errors, tokens."""
