"""What reports show besides the verdict, from the facts."""
