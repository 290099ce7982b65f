"""THE HAND: the only writer. A change is previewed, made with the etag just read, read back, and leaves a receipt."""

from .hand import Hand, Made, Plan, StoppedError
from .receipts import Receipt, Receipts, Status, UnreadableError, folder

__all__ = [
    "Hand",
    "Made",
    "Plan",
    "Receipt",
    "Receipts",
    "Status",
    "StoppedError",
    "UnreadableError",
    "folder",
]
