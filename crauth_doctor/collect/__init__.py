"""Read what must be known of one call, as facts. Nothing is judged here, and nothing raises."""

from .question import Question
from .readings import Collected, collect, collect_all
from .unanswerable import UnanswerableError

__all__ = ["Collected", "Question", "UnanswerableError", "collect", "collect_all"]
