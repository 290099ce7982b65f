"""A Python that has started already, for tests of the program as a process: see `server` and `client`."""
