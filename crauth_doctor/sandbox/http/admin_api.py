"""The sandbox's own endpoint, `/_sandbox`: its clock, its operator's token, what it was asked, and callers that act."""

from __future__ import annotations

import re

from ..callers import send_as
from ..edge import tokens
from ..state.cloud import Cloud
from .messages import HttpRequest, Reply, json_reply

PREFIX = "/_sandbox"
_OWN = re.compile(r"(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:(?P<port>\d+))?", re.IGNORECASE)


def is_control(path: str) -> bool:
    """Whether a path is the sandbox's own."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def is_own(host: str, port: int) -> bool:
    """Whether a `Host` is the sandbox itself; none at all is, too."""
    found = _OWN.fullmatch(host)
    return host == "" or (found is not None and found.group("port") in (None, str(port)))


def refusal(request: HttpRequest, port: int) -> Reply | None:
    """Why a control request is refused: it comes from a web page, which no program that uses a sandbox is.

    A page of any site can send requests to a loopback port: its browser then says so in `Origin` or `Sec-Fetch-Site`,
    or, where the page's own name leads to loopback, in `Host`.
    https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
    """
    if not is_own(request.host, port):
        return _forbidden(f"it was sent to the host {request.host}")
    origins = request.all("origin")
    if any(origin not in (f"http://127.0.0.1:{port}", f"http://localhost:{port}") for origin in origins):
        return _forbidden("its Origin is a web page's")
    if any(site not in ("none", "same-origin") for site in request.all("sec-fetch-site")):
        return _forbidden("its Sec-Fetch-Site is a web page's")
    return None


def _forbidden(why: str) -> Reply:
    return json_reply(403, {"error": f"this control request is refused: {why}"})


def answer(cloud: Cloud, request: HttpRequest, send: send_as.Send) -> Reply:
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
                return json_reply(200, send_as.fire(cloud, request.json(), send))
            case _:
                return json_reply(404, {"error": f"the sandbox has no {request.method} {request.path}"})
    except KeyError as error:
        return json_reply(400, {"error": f"this control request is not understood: {error} is missing"})
    except (AttributeError, OverflowError, TypeError, ValueError) as error:
        return json_reply(400, {"error": f"this control request is not understood: {error}"})


def _about(cloud: Cloud) -> dict[str, str]:
    return {"now": cloud.timestamp(), "operator": cloud.operator.member, "token": cloud.operator_token}
