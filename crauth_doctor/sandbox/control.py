"""The sandbox's own endpoint, `/_sandbox`: its clock, its operator's token, what it was asked, and callers that act."""

from __future__ import annotations

from . import fire, tokens
from .cloud import Cloud
from .wire import Reply, Request, json_reply

PREFIX = "/_sandbox"


def answer(cloud: Cloud, request: Request, send: fire.Send) -> Reply:
    """One control request; `send` answers a request as the world does."""
    try:
        match request.method, request.path.removeprefix(PREFIX).strip("/"):
            case "GET", "":
                return json_reply(200, _about(cloud))
            case "GET", "requests":
                return json_reply(200, cloud.asked())
            case "POST", "advance":
                cloud.clock.advance(float(request.json()["seconds"]))
                return json_reply(200, _about(cloud))
            case "POST", "access-token":
                who = cloud.principal(str(request.json()["principal"]))
                return json_reply(200, {"token": cloud.new_access_token(who)})
            case "POST", "id-token":
                asked = request.json()
                who, claims = cloud.principal(str(asked["principal"])), asked.get("claims") or {}
                return json_reply(200, {"token": tokens.mint(cloud, who, str(asked["audience"]), **claims)})
            case "POST", "fire":
                return json_reply(200, fire.fire(cloud, request.json(), send))
            case _:
                return json_reply(404, {"error": f"the sandbox has no {request.method} {request.path}"})
    except (KeyError, TypeError, ValueError) as error:
        return json_reply(400, {"error": f"this control request is not understood: {error!r}"})


def _about(cloud: Cloud) -> dict[str, str]:
    return {"now": cloud.timestamp(), "operator": cloud.operator.member, "token": cloud.operator_token}
