"""Serialisations: text becomes lines, commands and values, and secrets leave. What they mean is not known here."""
