# ruff: noqa: RUF001 - these are the letters of those languages
from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.model.told import Told


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (Told.SENDER_WEBHOOK, "GitHub webhook deliveries all fail"),
        (Told.SENDER_WEBHOOK, "a webhook from our payment provider"),
        (Told.SENDER_BROWSER, "Opened in the browser it shows a page"),
        (Told.SENDER_APP, "our Flutter client calls it"),
        (Told.SENDER_LAPTOP, "from my laptop it does not work"),
        (Told.THROUGH_PROXY, "All traffic goes through an nginx reverse proxy"),
        (Told.THROUGH_GATEWAY, "calls come via the API gateway"),
        (Told.THROUGH_RUN_PROXY, "I use gcloud run services proxy for it"),
    ],
)
def test_phrases(told: Any, text: Any) -> None:
    evidence = read(f"Hello,\n{text}\nThanks")
    assert told in {statement.told for statement in evidence.told}
    statement = next(each for each in evidence.told if each.told is told)
    assert (statement.line, statement.text) == (2, text)


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (Told.SENDER_BROWSER, "The table spans two pages"),
        (Told.SENDER_WEBHOOK, "The line is long"),
        (Told.SENDER_BROWSER, "The same API works in the browser."),
    ],
)
def test_what_is_not_said(told: Any, text: Any) -> None:
    assert told not in {statement.told for statement in read(text).told}


def test_a_sentence_may_go_on_in_the_next_line() -> None:
    assert Told.THROUGH_PROXY in {
        statement.told for statement in read("All of it goes through\nan nginx reverse proxy.").told
    }


def test_documents_say_nothing() -> None:
    assert read('{"insertId": "a", "textPayload": "public api behind nginx, worked for an hour"}').told == ()


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (Told.SENDER_BROWSER, "Im Browser kommt 403"),
        (Told.SENDER_BROWSER, "desde el navegador da 403"),
        (Told.SENDER_BROWSER, "브라우저에서 열면 403"),
        (Told.SENDER_LAPTOP, "Vom Laptop, ohne VPN:"),
        (Told.SENDER_LAPTOP, "depuis mon poste j'obtiens 404"),
        (Told.SENDER_LAPTOP, "с моего ноутбука 404"),
    ],
)
def test_other_languages(told: Any, text: Any) -> None:
    assert told in {each.told for each in read(f"{text}\n").told}


@pytest.mark.parametrize(
    "text",
    [
        "Der Dienst ist privat und antwortet mit 403",
        "el token tiene la audiencia correcta",
        "サービスアカウントに invoker を付けるにはどうすればいいですか",
        "proxy_set_header Authorization $http_authorization;",
        "сервис отвечает 401 на каждый запрос",
    ],
)
def test_little_is_said_in_other_languages_too(text: Any) -> None:
    assert read(f"{text}\n").told == ()


@pytest.mark.parametrize(
    "text",
    [
        "Our public website calls the private orders service.",
        "A public API. Errors: returns status 404 for unknown ids",
        "paths: /v1/items (public)",
        "There is no Identity-Aware Proxy in front.",
        "IAP TCP tunnelling works for ssh.",
        "We re-created the DNS record last week.",
        "The key was recreated yesterday.",
        "I removed the Authorization header from this output.",
        "Should the API be public?",
        "Is the service open to everyone?",
        "Did it go through an nginx reverse proxy?",
        "There is no nginx reverse proxy in front of it.",
        "It is not behind Cloudflare, nor behind an external load balancer.",
        "Unsere öffentliche Website ruft den Dienst auf.",
        "Le site public appelle le service.",
        "サイトは公開サイトです",
    ],
)
def test_innocent_sentences_say_nothing(text: str) -> None:
    assert read(f"Hello,\n\n{text}\n\nThanks").told == ()
