"""Pages in HTML: the frame that all of them have, and what is no report of a call."""
