# ruff: noqa: RUF001 - these are the letters of those languages
from __future__ import annotations

from typing import Any

import pytest

from crauth_doctor.evidence import read
from crauth_doctor.model.told import Told


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (Told.MEANT_PUBLIC, "The API is meant to be public."),
        (Told.MEANT_PUBLIC, "This site should be open to everyone on the internet"),
        (Told.MEANT_PUBLIC, 'I ticked "Allow unauthenticated invocations" in the console'),
        (Told.MEANT_PUBLIC, "公開サイトのはずなのに 403 になります"),
        (Told.MEANT_PRIVATE, "The backend requires authentication."),
        (Told.MEANT_PRIVATE, "非公開の Cloud Run を呼びたい"),
        (Told.CALLABLE, "It is an onCall function"),
        (Told.APP_CHECKS_CALLER, "We verify the user's session token in middleware"),
        (Told.APP_VERIFIES_SIGNATURE, "Our app verifies the token's signature itself"),
        (Told.SENDER_WEBHOOK, "GitHub webhook deliveries all fail"),
        (Told.SENDER_WEBHOOK, "a webhook from our payment provider"),
        (Told.SENDER_BROWSER, "Opened in the browser it shows a page"),
        (Told.SENDER_APP, "our Flutter client calls it"),
        (Told.SENDER_LAPTOP, "from my laptop it does not work"),
        (Told.SENDER_OUTSIDE, "The frontend runs on Vercel"),
        (Told.THROUGH_PROXY, "All traffic goes through an nginx reverse proxy"),
        (Told.THROUGH_CDN, "Cloudflare is in front of it"),
        (Told.THROUGH_GATEWAY, "calls come via the API gateway"),
        (Told.THROUGH_LOAD_BALANCER, "behind an external load balancer"),
        (Told.THROUGH_RUN_PROXY, "I use gcloud run services proxy for it"),
        (Told.PROXY_ENVIRONMENT, "we set HTTPS_PROXY on the container"),
        (Told.HEADER_STRIPPED, "it seems that the proxy strips the Authorization header"),
        (Told.WORKED_AN_HOUR, "It works for about an hour and then fails"),
        (Told.WORKED_AN_HOUR, "1時間くらいで 401 になります"),
        (Told.WORKED_BEFORE, "It used to work until yesterday"),
        (Told.WORKS_LATER, "A few minutes later the same request works"),
        (Told.AFTER_DEPLOY, "Since the last deploy every call fails"),
        (Told.AFTER_DEPLOY, "部署之后就 403 了"),
        (Told.JUST_DEPLOYED, "called right after the deployment finished"),
        (Told.JUST_GRANTED, "I just granted the account the invoker role"),
        (Told.RECREATED, "We deleted the service and created it again"),
        (Told.ROLE_GRANTED, "the account has roles/run.invoker on it"),
        (Told.NO_REQUEST_LOG, "There is nothing in the request log"),
        (Told.APP_SAW_NOTHING, "the container never receives anything"),
        (Told.IAP_ON, "we switched Identity-Aware Proxy on"),
        (Told.DOMAIN_MAPPED, "mapped to a custom domain last week"),
        (Told.INTERNAL_INGRESS, "ingress is internal"),
        (Told.SHARING_RESTRICTED, "the organization has domain restricted sharing"),
        (Told.CHECK_WAS_OFF, "it has been on --no-invoker-iam-check since May"),
        (Told.CLOCK_OFF, "the VM's clock is five minutes ahead"),
        (Told.FEDERATED, "we use Workload Identity Federation"),
        (Told.IS_OWNER, "I'm Owner of the project"),
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
        (Told.MEANT_PUBLIC, "The service is not public and never was."),
        (Told.SENDER_BROWSER, "The table spans two pages"),
        (Told.WORKED_AN_HOUR, "We meet every day for one lunch"),
        (Told.JUST_GRANTED, "The health endpoint that was just added is dead"),
        (Told.SENDER_WEBHOOK, "The line is long"),
        (Told.RECREATED, "We deleted the old logs."),
        (Told.THROUGH_CDN, "DNS is at Cloudflare, DNS only (grey cloud)"),
        (Told.SENDER_BROWSER, "The same API works in the browser."),
        (Told.IAP_ON, "There is no IAP in front of it"),
    ],
)
def test_what_is_not_said(told: Any, text: Any) -> None:
    assert told not in {statement.told for statement in read(text).told}


def test_a_sentence_may_go_on_in_the_next_line() -> None:
    assert Told.NO_REQUEST_LOG in {
        statement.told for statement in read("There is no line\nfor it in the request log.").told
    }


def test_documents_say_nothing() -> None:
    assert read('{"insertId": "a", "textPayload": "public api behind nginx, worked for an hour"}').told == ()


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (Told.MEANT_PUBLIC, "Der Dienst soll öffentlich sein"),
        (Told.MEANT_PUBLIC, "el servicio debería ser público"),
        (Told.MEANT_PUBLIC, "сервис должен быть публичным"),
        (Told.MEANT_PUBLIC, "누구나 접근할 수 있어야 합니다"),
        (Told.SENDER_BROWSER, "Im Browser kommt 403"),
        (Told.SENDER_BROWSER, "desde el navegador da 403"),
        (Told.SENDER_BROWSER, "브라우저에서 열면 403"),
        (Told.SENDER_LAPTOP, "Vom Laptop, ohne VPN:"),
        (Told.SENDER_LAPTOP, "depuis mon poste j'obtiens 404"),
        (Told.SENDER_LAPTOP, "с моего ноутбука 404"),
        (Told.HEADER_STRIPPED, 'proxy_set_header Authorization "";'),
        (Told.HEADER_STRIPPED, "http-request del-header Authorization"),
        (Told.HEADER_STRIPPED, "RequestHeader unset Authorization"),
        (Told.HEADER_STRIPPED, "Der Proxy entfernt den Authorization-Header"),
        (Told.HEADER_STRIPPED, "网关去掉了 Authorization 头"),
        (Told.HEADER_STRIPPED, "прокси удаляет заголовок Authorization"),
        (Told.WORKED_AN_HOUR, "Nach etwa einer Stunde kommt 401"),
        (Told.WORKED_AN_HOUR, "약 1시간 뒤부터 401 입니다"),
        (Told.WORKED_AN_HOUR, "depois de cerca de uma hora dá 401"),
        (Told.WORKED_AN_HOUR, "dopo circa un'ora arriva 401"),
        (Told.WORKED_BEFORE, "Bis gestern ging alles"),
        (Told.WORKED_BEFORE, "ça marchait avant"),
        (Told.WORKED_BEFORE, "раньше всё работало"),
        (Told.JUST_GRANTED, "acabo de dar el rol"),
        (Told.JUST_GRANTED, "방금 역할을 부여했습니다"),
        (Told.RECREATED, "Konto gelöscht und neu angelegt"),
        (Told.RECREATED, "删除后重新创建了服务账号"),
        (Told.NO_REQUEST_LOG, "Kein Eintrag im Request-Log"),
        (Told.NO_REQUEST_LOG, "в логах ничего нет"),
        (Told.INTERNAL_INGRESS, 'ingress auf "Intern und Cloud Load Balancing" gestellt'),
        (Told.CLOCK_OFF, "Die Uhr der VM geht vor"),
        (Told.CLOCK_OFF, "часы на сервере спешат"),
        (Told.IS_OWNER, "Ich bin Inhaber des Projekts"),
        (Told.OTHER_PATHS_WORK, "访问 /health 是 200"),
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
    wrong = {Told.MEANT_PUBLIC, Told.HEADER_STRIPPED, Told.WORKED_BEFORE, Told.ROLE_GRANTED, Told.RECREATED}
    assert not wrong & {each.told for each in read(f"{text}\n").told}
