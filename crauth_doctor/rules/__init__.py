"""THE JUDGES."""
