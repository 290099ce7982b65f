"""The only writer to Google: a change is agreed to, made with the etag just read, read back, and leaves a receipt."""

from .consent import NOTHING, FieldMove, Move, Named, Opening, OpeningKind, PlanConsent, RoleMove
from .executor import Applied, ChangeExecutor, NotAgreedError, Plan, StoppedError, UnsureError
from .limits import why_no_member
from .receipts import Receipt, Receipts, ReceiptStatus, Unreadable, UnreadableError, as_they_stand, folder

__all__ = [
    "NOTHING",
    "Applied",
    "ChangeExecutor",
    "FieldMove",
    "Move",
    "Named",
    "NotAgreedError",
    "Opening",
    "OpeningKind",
    "Plan",
    "PlanConsent",
    "Receipt",
    "ReceiptStatus",
    "Receipts",
    "RoleMove",
    "StoppedError",
    "Unreadable",
    "UnreadableError",
    "UnsureError",
    "as_they_stand",
    "folder",
    "why_no_member",
]
