"""The only writer to Google: a change is agreed to, made with the etag just read, read back, and leaves a receipt."""

from .consent import NOTHING, Agreed, FieldMove, Move, Named, Opening, Opens, RoleMove
from .executor import Applied, ChangeExecutor, NotAgreedError, Plan, StoppedError, UnsureError
from .limits import why_no_member
from .receipts import Receipt, Receipts, Status, Unreadable, UnreadableError, as_they_stand, folder

__all__ = [
    "NOTHING",
    "Agreed",
    "Applied",
    "ChangeExecutor",
    "FieldMove",
    "Move",
    "Named",
    "NotAgreedError",
    "Opening",
    "Opens",
    "Plan",
    "Receipt",
    "Receipts",
    "RoleMove",
    "Status",
    "StoppedError",
    "Unreadable",
    "UnreadableError",
    "UnsureError",
    "as_they_stand",
    "folder",
    "why_no_member",
]
