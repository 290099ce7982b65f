"""Use cases that judge several calls or services in one run, as a file names them."""
