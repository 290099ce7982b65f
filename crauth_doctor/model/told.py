"""What only a person can tell, in words of ours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Told(StrEnum):
    """One thing that a person said. It is said, not seen: rules may lean on it, never prove by it."""

    SENDER_WEBHOOK = "sender-webhook"
    SENDER_BROWSER = "sender-browser"
    SENDER_APP = "sender-app"
    SENDER_LAPTOP = "sender-laptop"
    THROUGH_PROXY = "through-proxy"
    THROUGH_GATEWAY = "through-gateway"
    THROUGH_RUN_PROXY = "through-run-proxy"
    """`gcloud run services proxy` or cloud-run-proxy, which set Authorization themselves."""
    OTHER_CALLER_WORKS = "other-caller-works"


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing told, and the words that say so.

    Args:
        told: what.
        line: where it stands.
        text: the line, cleaned.
    """

    told: Told
    line: int
    text: str
