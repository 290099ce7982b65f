"""A change while it is being made."""

from __future__ import annotations

from dataclasses import dataclass

from .receipts import Open, Receipt, Status


@dataclass(slots=True)
class Work:
    """A change that is being made.

    Args:
        end: when it is given up, by the machine's own monotonic clock.
        opened: its receipt.
        unsure: whether a write was sent that may have happened.
        attempts: how often it was sent.
    """

    end: float
    opened: Open | None = None
    unsure: bool = False
    attempts: int = 0

    @property
    def receipt(self) -> Receipt | None:
        """Its receipt, as it stands."""
        return self.opened.receipt if self.opened else None

    def close(self) -> None:
        """Let go of the receipt; one of which nothing can have been written goes with it."""
        if self.opened is not None and self.opened.receipt.status is Status.PENDING and not self.unsure:
            self.opened.drop()
        elif self.opened is not None:
            self.opened.close()
