"""A Pub/Sub push subscription: Pub/Sub's agent mints its token.

Documentation: https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions
"""

from __future__ import annotations

from typing import Final

from ...gcp.senders import SUBSCRIPTIONS
from ...model.caller import CallerKind
from .caller import Met, Scene
from .lookup import look
from .sender import Sender

SENDER: Final = Sender(CallerKind.PUBSUB, "Pub/Sub", SUBSCRIPTIONS.what, SUBSCRIPTIONS.host, "gcp-sa-pubsub")


def meet(asked: str, name: str, scene: Scene) -> Met:
    """Meet a subscription."""
    looked = look(scene, SUBSCRIPTIONS, asked, name)
    return SENDER.met(asked, looked, looked.value)
