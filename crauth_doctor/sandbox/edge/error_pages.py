"""The platform's own answers, to the byte: https://cloud.google.com/run/docs/troubleshooting."""

from __future__ import annotations

from html import escape

from ..http.messages import GOOGLE, Reply

_HTML = {"content-type": "text/html; charset=UTF-8", "server": GOOGLE}
_FRAME = """
<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>{title}</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: {heading}</h1>
<h2>{text}</h2>
<h2></h2>
</body></html>
"""
_CHALLENGE = 'Bearer error="invalid_token" error_description="The access token could not be verified"'
_ROBOT_STYLE = (
    "*{margin:0;padding:0}html,code{font:15px/22px arial,sans-serif}html{background:#fff;color:#222;padding:15px}"
    "body{margin:7% auto 0;max-width:390px;min-height:180px;padding:30px 0 15px}* > body{background:url("
    "//www.google.com/images/errors/robot.png) 100% 5px no-repeat;padding-right:205px}p{margin:11px 0 22px;"
    "overflow:hidden}ins{color:#777;text-decoration:none}a img{border:0}@media screen and (max-width:772px)"
    "{body{background:none;margin-top:0;max-width:none;padding-right:0}}#logo{background:url("
    "//www.google.com/images/branding/googlelogo/1x/googlelogo_color_150x54dp.png) no-repeat;margin-left:-5px}"
    "@media only screen and (min-resolution:192dpi){#logo{background:url("
    "//www.google.com/images/branding/googlelogo/2x/googlelogo_color_150x54dp.png) no-repeat 0% 0%/100% 100%;"
    "-moz-border-image:url(//www.google.com/images/branding/googlelogo/2x/googlelogo_color_150x54dp.png) 0}}"
    "@media only screen and (-webkit-min-device-pixel-ratio:2){#logo{background:url("
    "//www.google.com/images/branding/googlelogo/2x/googlelogo_color_150x54dp.png) no-repeat;"
    "-webkit-background-size:100% 100%}}#logo{display:inline-block;height:54px;width:150px}"
)
_ROBOT = """<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <meta name=viewport content="initial-scale=1, minimum-scale=1, width=device-width">
  <title>Error 404 (Not Found)!!1</title>
  <style>
    {style}
  </style>
  <a href=//www.google.com/><span id=logo aria-label=Google></span></a>
  <p><b>404.</b> <ins>That\u2019s an error.</ins>
  <p>The requested URL <code>{path}</code> was not found on this server.  <ins>That\u2019s all we know.</ins>
"""


def forbidden(path: str) -> Reply:
    """403: no credential, or a principal that may not invoke."""
    text = f"Your client does not have permission to get URL <code>{escape(path)}</code> from this server."
    return _page(403, "403 Forbidden", "Forbidden", text)


def unauthorized(path: str) -> Reply:
    """401: a credential that cannot be verified."""
    text = f"Your client does not have permission to the requested URL <code>{escape(path)}</code>."
    reply = _page(401, "401 Unauthorized", "Unauthorized", text)
    return Reply(reply.status, reply.body, {"www-authenticate": _CHALLENGE, **reply.headers})


def not_found() -> Reply:
    """404, 272 bytes: ingress, a disabled default URL, or a name that is nobody's."""
    text = "The requested URL was not found on this server."
    return _page(404, "404 Page not found", "Page not found", text)


def robot(path: str) -> Reply:
    """404 of Google's front end itself: a reserved path, or an API path that does not exist.

    https://cloud.google.com/run/docs/known-issues
    """
    body = _ROBOT.format(style=_ROBOT_STYLE, path=escape(path)).encode()
    return Reply(404, body, {"content-type": "text/html; charset=UTF-8", "referrer-policy": "no-referrer"})


def _page(status: int, title: str, heading: str, text: str) -> Reply:
    return Reply(status, _FRAME.format(title=title, heading=heading, text=text).encode(), dict(_HTML))
