"""The same surroundings as the command line's tests have: the library has to do as much in them."""

from tests.cli.conftest import run, scrubbed, world

__all__ = ["run", "scrubbed", "world"]
