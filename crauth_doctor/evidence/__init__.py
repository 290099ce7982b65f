"""The paste box: text that a user has becomes evidence. Pure; every secret is gone before anything is looked at."""

from .calls.facts import facts_of, merge
from .reader import read
from .trees.text import text_of

__all__ = ["facts_of", "merge", "read", "text_of"]
