"""A Pub/Sub push subscription: Pub/Sub's agent mints its token.

Documentation: https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions
"""

from __future__ import annotations

from typing import Final

from ...gcp.senders import SUBSCRIPTIONS
from ...model.caller import CallerKind
from .kind import LookupContext, ResolvedCaller
from .lookup import look
from .senders import Sender

SENDER: Final = Sender(CallerKind.PUBSUB, "Pub/Sub", SUBSCRIPTIONS.what, SUBSCRIPTIONS.host, "gcp-sa-pubsub")


def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a subscription."""
    looked = look(context, SUBSCRIPTIONS, asked, name)
    return SENDER.resolved(asked, looked, looked.value)
