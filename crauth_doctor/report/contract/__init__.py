"""What became of a contract, a format a file, and a contract made of what is true now."""
