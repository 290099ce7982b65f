"""What a person can say of a call, and what is said."""

from .said import NOTHING_SAID, Said, example_of
from .sayable import BY_NAME, NOT_SAYABLE, SAID_OF, SAYABLE, Cost, Sayable

__all__ = [
    "BY_NAME",
    "NOTHING_SAID",
    "NOT_SAYABLE",
    "SAID_OF",
    "SAYABLE",
    "Cost",
    "Said",
    "Sayable",
    "example_of",
]
