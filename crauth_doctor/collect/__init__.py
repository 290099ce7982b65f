"""The questions: one call in, everything that is to be known of it out. Nothing is judged here, and nothing raises."""

from .question import Question
from .read_call import Collected, collect, collect_all
from .unanswerable import Unanswerable, UnanswerableError

__all__ = ["Collected", "Question", "Unanswerable", "UnanswerableError", "collect", "collect_all"]
