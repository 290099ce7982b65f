"""An Eventarc trigger: its events are delivered by a Pub/Sub push subscription of its own, as its service account.

So it is Pub/Sub's agent that mints the token, for the service's URL.
Documentation: https://docs.cloud.google.com/eventarc/docs/run/route-trigger-eventarc,
https://docs.cloud.google.com/eventarc/docs/roles-permissions
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ...gcp import resource_kinds
from ...gcp.products.senders import SUBSCRIPTIONS, TRIGGERS
from ...google_json.senders import Trigger
from ...model.caller import CallerKind, Sending
from ...model.exported import TokenSetting, TokenType
from ...model.fact import Known, Obstacle, Unknown
from ...model.run import Service
from .kind import DeferredSending, LookupContext, ResolvedCaller
from .lookup import Looked, look
from .senders import Sender, principal_of, token_of

SENDER: Final = Sender(CallerKind.EVENTARC, TRIGGERS.what)


def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve a trigger.

    Raises:
        UnanswerableError: several triggers of the project have this name.
    """
    looked = look(context, TRIGGERS, asked, name)
    if not isinstance(looked.value, Known):
        unread = looked.value if isinstance(looked.value, Unknown) else Unknown(looked.value.source, Obstacle.NOT_ASKED)
        return SENDER.resolved(asked, looked, unread)
    trigger, source = looked.value.value, looked.value.source
    if trigger.elsewhere:
        detail = f"this trigger calls no URL: its destination is {trigger.elsewhere}"
        return SENDER.resolved(asked, looked, Unknown(source, Obstacle.NOT_TOLD, detail))
    auth = _auth(trigger)
    unread = Unknown(source, Obstacle.NOT_ASKED, "its subscription is not read yet")
    resolved = SENDER.resolved(asked, looked, unread)
    return replace(
        resolved,
        principal=principal_of(auth, source),
        token=token_of(auth, None, source),
        method="POST",
        follow=lambda service: _follow(looked, trigger, context, service),
    )


def _auth(trigger: Trigger) -> TokenSetting:
    return TokenSetting(TokenType.OIDC if trigger.account else TokenType.NONE, trigger.account)


def _follow(
    looked: Looked[Trigger], trigger: Trigger, context: LookupContext, service: Service | None
) -> DeferredSending:
    """Read the subscription that delivers; where it cannot be read, what the trigger says has to do."""
    agent = SENDER.minter(looked.project)
    sending = Sending(SENDER.product, None, _auth(trigger), agent.value if isinstance(agent, Known) else None)
    sending = replace(sending, project=looked.project_id)
    name = trigger.subscription
    if name is not None:
        name = name if name.startswith("projects/") else f"projects/{looked.project_id}/subscriptions/{name}"
        pushes = resource_kinds.get(context.google, SUBSCRIPTIONS, name)
        if isinstance(pushes, Known) and pushes.value.target:
            target, auth, source = pushes.value.target, pushes.value.auth, pushes.source
            return DeferredSending(
                Known(replace(sending, target=target, auth=auth), source), token_of(auth, target, source)
            )
    url, audience = _destination(trigger, service)
    source = looked.value.source
    return DeferredSending(Known(replace(sending, target=url), source), token_of(_auth(trigger), audience, source))


def _destination(trigger: Trigger, service: Service | None) -> tuple[str | None, str | None]:
    """The URL that it calls, and the audience: the URL of the service, which Eventarc sets itself."""
    if trigger.uri is not None:
        return trigger.uri, trigger.uri
    if service is None or trigger.service is None or trigger.region not in {None, service.region}:
        return None, None
    if trigger.service.lower().replace("_", "-") != service.id and trigger.service != service.function:
        return None, None
    path = trigger.path if trigger.path.startswith("/") or not trigger.path else f"/{trigger.path}"
    return f"{service.url}{path}", service.url
