"""Pasted text becomes evidence. Pure; every secret is removed before anything is looked at."""

from .calls.facts import call_facts, moment_of, services_called
from .calls.sender import calls_another_path
from .reader import read
from .trees.text import text_of

__all__ = ["call_facts", "calls_another_path", "moment_of", "read", "services_called", "text_of"]
