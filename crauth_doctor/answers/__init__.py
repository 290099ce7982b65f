"""Who answered: the author of a response by positive marks, and what the caller's own call is known to have got."""
