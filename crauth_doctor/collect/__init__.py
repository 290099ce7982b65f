"""The questions: one call in, everything that is to be known of it out. Nothing is judged here, and nothing raises."""

from .question import Question, Unanswerable, UnanswerableError
from .read_call import Collected, collect, collect_all

__all__ = ["Collected", "Question", "Unanswerable", "UnanswerableError", "collect", "collect_all"]
