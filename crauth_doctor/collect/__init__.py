"""Read what must be known of one call, as facts. Nothing is judged here, and nothing raises."""

from .question import Question
from .read_call import Collected, collect, collect_all
from .unanswerable import Unanswerable, UnanswerableError

__all__ = ["Collected", "Question", "Unanswerable", "UnanswerableError", "collect", "collect_all"]
