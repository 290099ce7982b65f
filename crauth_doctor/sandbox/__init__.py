"""A pretend Google Cloud over HTTP, which decides for itself who gets in. Nothing of the doctor is imported here."""

from __future__ import annotations

from .server import Sandbox, serve
from .world import World, load_world, parse_world

__all__ = ["Sandbox", "World", "load_world", "parse_world", "serve"]
