"""A pretend Google Cloud over HTTP, which decides for itself who gets in. Nothing of the doctor is imported here."""

from __future__ import annotations

from .http.server import Sandbox, serve
from .state.world import World, load_world, parse_world

__all__ = ["Sandbox", "World", "load_world", "parse_world", "serve"]
