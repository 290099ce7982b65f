"""Calls: exchanges in whatever form they were printed, which of them fails, and what that tells as facts."""
