"""The questions: one call in, everything that is to be known of it out. Nothing is judged here, and nothing raises."""

from .collector import Collected, collect, collect_all
from .question import Question, Unanswerable, UnanswerableError

__all__ = ["Collected", "Question", "Unanswerable", "UnanswerableError", "collect", "collect_all"]
