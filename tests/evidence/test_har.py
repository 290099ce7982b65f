from __future__ import annotations

import json

from crauth_doctor.evidence import read
from crauth_doctor.model.evidence import PieceKind, Seen


def entry(url: str, status: int, sent: dict[str, str], received: dict[str, str], body: str = "") -> dict[str, object]:
    def pairs(headers: dict[str, str]) -> list[dict[str, str]]:
        return [{"name": name, "value": value} for name, value in headers.items()]

    return {
        "startedDateTime": "2026-05-11T14:02:36.811Z",
        "time": 62,
        "request": {
            "method": "GET",
            "url": url,
            "headers": pairs(sent),
            "cookies": [{"name": "sid", "value": "cookie-secret"}],
        },
        "response": {"status": status, "headers": pairs(received), "content": {"text": body}, "redirectURL": ""},
    }


def har(*entries: dict[str, object]) -> str:
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "mitmproxy"}, "entries": list(entries)}}, indent=2)


def test_a_redirect_that_drops_the_token(id_token: str) -> None:
    target = "https://almanac-abc-uc.a.run.app/v1/days"
    text = "Recorded:\n\n" + har(
        entry(
            "https://api.acme.example/v1/days",
            308,
            {"authorization": f"Bearer {id_token}", "cookie": "sid=cookie-secret"},
            {"location": target},
        ),
        entry(
            target,
            403,
            {"accept": "*/*"},
            {"date": "Mon, 11 May 2026 14:02:37 GMT", "set-cookie": "a=cookie-secret"},
            "<title>403 Forbidden</title>",
        ),
    )
    evidence = read(text)
    first, second = evidence.exchanges
    assert (first.seen, second.follows) == (Seen.HAR, 0)
    assert first.credentials[0].token is not None
    assert second.credentials == ()
    assert second.headers_known
    assert second.at == 1778508157
    assert first.response is not None
    assert first.response.seconds == 0.062
    assert evidence.pieces[0].kind is PieceKind.HAR
    assert evidence.pieces[0].summary == "recording of mitmproxy, 2 requests"
    assert "cookie-secret" not in repr(evidence)
    assert id_token not in repr(evidence)


def test_a_minified_recording_and_one_that_was_cut_off() -> None:
    whole = har(*(entry(f"https://a.run.app/{i}", 403, {"accept": "*/*"}, {}) for i in range(5)))
    assert len(read(json.dumps(json.loads(whole))).exchanges) == 5
    cut = read(whole[: len(whole) * 3 // 4])
    assert 2 <= len(cut.exchanges) < 5


def test_a_blocked_request_has_no_response() -> None:
    evidence = read(har(entry("https://a.run.app/", 0, {"origin": "https://shop.example"}, {})))
    assert evidence.exchanges[0].response is None
    assert evidence.exchanges[0].call is not None
    assert evidence.exchanges[0].call.headers == {"origin"}
