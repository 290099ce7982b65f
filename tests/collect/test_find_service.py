from __future__ import annotations

import json
from typing import Any

import pytest

from crauth_doctor.collect.question import Question
from crauth_doctor.collect.readings import collect
from crauth_doctor.collect.unanswerable import UnanswerableError
from crauth_doctor.gcp.google import connect
from crauth_doctor.model.fact import Absent, Known, Obstacle, Unknown
from crauth_doctor.model.facts import Facts
from crauth_doctor.model.finding import Verdict
from crauth_doctor.model.run import Ingress
from crauth_doctor.model.unread import unread_of
from crauth_doctor.rules.reach import no_such_service
from crauth_doctor.sandbox import parse_world, serve

from .conftest import CHECKOUT, FRONTEND, HASHED, NUMBER, ORDERS, RUN, URL, WORLD, Ask

ELSEWHERE = "projects/shop-prod/locations/europe-west1/services/orders"


def name_of(facts: Facts) -> str:
    assert isinstance(facts.service, Known), facts.service
    return facts.service.value.name


@pytest.mark.parametrize(
    "service",
    [
        "orders",
        ORDERS,
        f"{RUN}{ORDERS}",
        URL,
        f"{URL}/some/path",
        f"https://blue---orders-{NUMBER}.us-central1.run.app",
        HASHED,
        "https://orders.example.com",
    ],
)
@pytest.mark.parametrize("region", ["us-central1", None])
def test_every_way_to_name_a_service(ask: Ask, service: str, region: str | None) -> None:
    facts, _ = ask(service, region=region, send_calls=False)
    assert name_of(facts) == ORDERS
    assert isinstance(facts.namesakes, Absent)
    assert isinstance(facts.policies, Known)
    assert [at.resource for at in facts.policies.value.chain] == [
        f"{RUN}{ORDERS}",
        "//cloudresourcemanager.googleapis.com/projects/shop-prod",
        "//cloudresourcemanager.googleapis.com/folders/77",
        "//cloudresourcemanager.googleapis.com/organizations/9",
    ]


def test_a_url_tells_its_project_by_itself(ask: Ask) -> None:
    access = {"vpcAccess": {"networkInterfaces": [{"network": "default"}]}}
    facts, _ = ask(
        URL,
        project=None,
        region=None,
        send_calls=False,
        caller="run/frontend",
        resources={f"{RUN}{FRONTEND}": {"template": access}, f"{RUN}{ORDERS}": {"urls": [URL], "template": access}},
    )
    assert name_of(facts) == ORDERS
    assert isinstance(facts.service, Known)
    assert isinstance(facts.origin, Known)
    assert facts.origin.value.project == "shop-prod"
    assert facts.service.value.vpc_access is not None
    assert facts.service.value.vpc_access.network == facts.origin.value.network


@pytest.mark.parametrize("service", ["orders", HASHED, "https://orders.example.com"])
def test_without_a_project_there_is_nothing_to_look_in(ask: Ask, service: str) -> None:
    with pytest.raises(UnanswerableError, match="pass --project"):
        ask(service, project=None)


@pytest.mark.parametrize("service", ["", "a b", "../x", "projects/p/services/x", "https://[::1/"])
def test_what_is_no_service(ask: Ask, service: str) -> None:
    with pytest.raises(UnanswerableError):
        ask(service)


def test_several_regions_are_a_question(ask: Ask) -> None:
    with pytest.raises(UnanswerableError, match="2 services match: pass --region") as raised:
        ask(region=None, resources={f"{RUN}{ELSEWHERE}": {}})
    assert raised.value.choices == (ELSEWHERE, ORDERS)


def test_a_service_that_is_in_another_region(ask: Ask) -> None:
    facts, _ = ask(f"https://orders-{NUMBER}.europe-west1.run.app/x")
    assert isinstance(facts.service, Absent)
    assert isinstance(facts.namesakes, Known)
    assert facts.namesakes.value == (f"{RUN}{ORDERS}",)
    assert isinstance(facts.calls, Known)
    assert facts.calls.value.without_token is not None
    assert facts.calls.value.without_token.status == 404
    assert facts.calls.value.with_token is None


@pytest.mark.parametrize("region", ["us-central1", None])
def test_a_service_that_does_not_exist(ask: Ask, region: str | None) -> None:
    facts, _ = ask("nothing", region=region)
    assert isinstance(facts.service, Absent)
    assert isinstance(facts.namesakes, Known)
    assert facts.namesakes.value == ()
    assert isinstance(facts.call, Unknown)


def test_a_custom_domain_that_no_service_names(ask: Ask) -> None:
    with pytest.raises(UnanswerableError, match="pass this URL with --url") as raised:
        ask("https://shop.example.com")
    assert raised.value.choices == (FRONTEND, ORDERS)


def test_a_function_by_its_url(ask: Ask) -> None:
    url = "https://us-central1-shop-prod.cloudfunctions.net/sendEmail"
    function = {
        "urls": [f"https://sendemail-{NUMBER}.us-central1.run.app", url],
        "buildConfig": {"functionTarget": "sendEmail"},
        "customAudiences": [url],
    }
    service = "projects/shop-prod/locations/us-central1/services/sendemail"
    for asked in (url, "sendEmail", "sendemail"):
        facts, _ = ask(asked, resources={f"{RUN}{service}": function}, path="/x")
        assert name_of(facts) == service
        assert isinstance(facts.service, Known)
        assert facts.service.value.function == "sendEmail"
        assert isinstance(facts.policies, Known)
        own = facts.policies.value.chain[0]
        assert own.resource == f"{RUN}{service}"
        assert isinstance(own.policy, Known)
        assert isinstance(facts.call, Known)
        assert facts.call.value.url == (
            f"{url}/x" if asked == url else f"https://sendemail-{NUMBER}.us-central1.run.app/x"
        )


def test_a_service_that_may_not_be_read_is_not_absent(ask: Ask) -> None:
    lacks = {"operator": {"principal": "user:dev@example.com", "lacks": ["run.services.get", "run.services.list"]}}
    for service, permission in (("orders", "run.services.get"), (HASHED, "run.services.list")):
        facts, _ = ask(service, world=lacks)
        assert isinstance(facts.service, Unknown)
        assert (facts.service.obstacle, facts.service.permission) == (Obstacle.FORBIDDEN, permission)
        assert isinstance(facts.ingress, Unknown)


def test_a_url_of_an_unreadable_service_may_be_called_where_it_speaks_for_itself(ask: Ask) -> None:
    lacks = {"operator": {"principal": "user:dev@example.com", "lacks": ["run.services.get", "run.services.list"]}}

    def good(service: str, **more: Any) -> object:
        facts, _ = ask(service, world=lacks, **more)
        assert isinstance(facts.calls, Known)
        assert facts.calls.value.without_token is not None
        return facts.calls.value.with_token

    assert good(URL) is not None
    assert good(HASHED) is None
    assert good(URL, audience="https://other.example.com") is None
    assert good("orders", url=URL) is None


@pytest.mark.parametrize(
    ("question", "url"),
    [
        ({}, f"{URL}/"),
        ({"path": "/a?b=c"}, f"{URL}/a?b=c"),
        ({"path": "a"}, f"{URL}/a"),
        ({"url": "https://orders.example.com", "path": "/events"}, "https://orders.example.com/events"),
        ({"url": "https://orders.example.com/hook?x=1"}, "https://orders.example.com/hook?x=1"),
        ({"url": "http://orders.example.com/"}, "http://orders.example.com/"),
    ],
)
def test_the_call_in_question(ask: Ask, question: dict[str, Any], url: str) -> None:
    facts, _ = ask(method="post", headers=frozenset({"authorization"}), **question)
    assert isinstance(facts.call, Known)
    assert (facts.call.value.url, facts.call.value.method) == (url, "POST")
    assert facts.call.value.headers == {"authorization"}
    assert isinstance(facts.calls, Known)
    assert facts.calls.value.url.startswith(URL)
    assert CHECKOUT in repr(facts.minted)


@pytest.mark.parametrize(("annotation", "wanted"), [("all", Ingress.ALL), ("internal", None), ("of-tomorrow", None)])
def test_a_change_of_ingress_that_is_under_way(ask: Ask, annotation: str, wanted: Ingress | None) -> None:
    service = {"ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY", "urls": [URL], "reconciling": True}
    body = json.dumps({"metadata": {"annotations": {"run.googleapis.com/ingress": annotation}}})
    faults = [{"match": "run.googleapis.com/v1/", "status": 200, "body": body}]
    facts, _ = ask(resources={f"{RUN}{ORDERS}": service}, world={"faults": faults})
    assert isinstance(facts.service, Known)
    assert facts.service.value.wanted_ingress is wanted
    assert isinstance(facts.ingress, Known)
    assert facts.ingress.value is Ingress.INTERNAL


def test_a_change_of_ingress_that_could_not_be_read_is_unknown_and_not_none(ask: Ask) -> None:
    service = {"ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY", "urls": [URL], "reconciling": True}
    faults = [{"match": "run.googleapis.com/v1/", "status": 403, "times": 9}]
    facts, _ = ask(resources={f"{RUN}{ORDERS}": service}, world={"faults": faults})
    assert isinstance(facts.wanted_ingress, Unknown)
    assert facts.wanted_ingress.obstacle is Obstacle.FORBIDDEN
    assert isinstance(ask()[0].wanted_ingress, Absent)


@pytest.mark.parametrize("region", ["us-central1", None])
def test_a_url_may_be_an_instances(ask: Ask, region: str | None) -> None:
    instance = f"{RUN}projects/shop-prod/locations/us-central1/instances/notebook"
    facts, _ = ask("notebook", region=region, resources={instance: {"ingress": "INGRESS_TRAFFIC_ALL"}})
    assert isinstance(facts.service, Absent)
    assert isinstance(facts.instances, Known)
    assert facts.instances.value == (instance,)
    assert no_such_service.ask(facts).verdict is Verdict.UNKNOWN
    none, _ = ask("notebook", region="us-central1")
    assert isinstance(none.instances, Absent)
    assert no_such_service.ask(none).verdict is Verdict.BLOCKS


def test_that_nothing_has_a_url_is_not_known_before_instances_were_looked_for(ask: Ask) -> None:
    lacks = {"operator": {"principal": "user:dev@example.com", "lacks": ["run.instances.get"]}}
    facts, _ = ask("notebook", world=lacks)
    outcome = no_such_service.ask(facts)
    assert outcome.verdict is Verdict.UNKNOWN
    assert [unread.permission for unread in outcome.missing] == ["run.instances.get"]


def test_a_misspelt_name_is_answered_by_the_first_page() -> None:
    facts, lists = among_thousands("service-7-", "Did you mean service-7?", region="us-central1")
    assert (facts, len(lists)) == (None, 1)


def test_what_is_like_no_name_of_the_first_page_is_absent_all_the_same() -> None:
    facts, lists = among_thousands("unheard-of", "", region="us-central1")
    assert facts is not None
    assert isinstance(facts.service, Absent)
    assert isinstance(facts.namesakes, Unknown)
    assert no_such_service.ask(facts).verdict is Verdict.BLOCKS
    assert len(lists) == 1


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("service-7-", "There is no service service-7- in any of the .* regions .* Did you mean service-7?"),
        ("unheard-of", "There is no service unheard-of in any of the .* If it is in another, pass --region."),
        ("twin", "2 services match"),
    ],
)
def test_a_name_without_a_region_is_answered_after_one_page_of_thousands(name: str, answer: str) -> None:
    facts, lists = among_thousands(name, answer)
    assert (facts, len(lists)) == (None, 1)


def test_a_service_behind_the_first_page_is_found_in_its_region() -> None:
    facts, lists = among_thousands("zebra", "")
    assert facts is not None
    assert facts.service.source.target == f"{RUN}projects/shop-prod/locations/us-west1/services/zebra"
    assert isinstance(facts.service, Known)
    assert not [one for one in unread_of(facts) if one.source.target.endswith("/zebra")]
    assert lists


def among_thousands(name: str, answer: str, region: str | None = None) -> tuple[Facts | None, list[Any]]:
    place = f"{RUN}{ORDERS.removesuffix('orders')}"
    last = f"{RUN}projects/shop-prod/locations/us-west1/services/"
    names = [*(f"{place}service-{at}" for at in range(1500)), f"{place}twin", f"{last}twin", f"{last}zebra"]
    many = {one: {"ingress": "INGRESS_TRAFFIC_ALL"} for one in names}
    facts = None
    with serve(parse_world({**WORLD, "resources": {**WORLD["resources"], **many}})) as box:
        question = Question(name, project="shop-prod", region=region, send_calls=False)
        if answer:
            with pytest.raises(UnanswerableError, match=answer):
                collect(question, connect({}, sandbox=box.base))
        else:
            facts = collect(question, connect({}, sandbox=box.base))
        return facts, [one for one in box.requests if one.path.partition("?")[0].endswith("/services")]
