"""The questions: one call in, everything that is to be known of it out. Nothing is judged here, and nothing raises."""

from .collector import collect
from .question import Question, Unanswerable, UnanswerableError

__all__ = ["Question", "Unanswerable", "UnanswerableError", "collect"]
