"""Read what must be known of one call, as facts. Nothing is judged here, and nothing raises."""
