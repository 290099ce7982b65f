"""What is read only where it can matter."""

from __future__ import annotations

from typing import Any, Final

import pytest

from crauth_doctor.model.fact import Absent, Known, Obstacle, Unknown
from crauth_doctor.model.iam import Tag
from crauth_doctor.model.run import Siblings
from crauth_doctor.model.unread import unread_of
from crauth_doctor.sandbox import Sandbox

from .conftest import CHECKOUT, CRM, NUMBER, ORDERS, RUN, URL, WEB, Ask, invoker

IAP = f"//iap.googleapis.com/projects/{NUMBER}/iap_web"
ACCESSOR = "roles/iap.httpsResourceAccessor"
PRIVATE = {"iam": {f"{RUN}{ORDERS}": {}}, "caller": "browser"}
HOST = "orders.example.com"
MAPPING = f"{RUN}projects/shop-prod/locations/us-central1/domainmappings/{HOST}"


def hosts(box: Sandbox) -> list[str]:
    return [one.host for one in box.requests]


def paths(box: Sandbox) -> list[str]:
    return [one.path for one in box.requests]


def lacking(*permissions: str) -> dict[str, Any]:
    return {"operator": {"principal": "user:dev@example.com", "lacks": list(permissions)}}


def mapped(status: str, route: str = "orders") -> dict[str, Any]:
    return {
        MAPPING: {"spec": {"routeName": route}, "status": {"conditions": [{"type": "Ready", "status": status}]}},
    }


def test_a_plain_check_reads_none_of_it(ask: Ask) -> None:
    facts, box = ask()
    for host in ("orgpolicy", "iap", "policytroubleshooter", "logging"):
        assert f"{host}.googleapis.com" not in hosts(box)
    assert not [path for path in paths(box) if "domainmappings" in path]
    every = (facts.constraints, facts.iap_policy, facts.troubleshot, facts.siblings, facts.domain, facts.logged)
    assert all(isinstance(fact, Absent) for fact in (*every, facts.written))


class TestConstraints:
    def test_read_for_a_caller_without_identity(self, ask: Ask) -> None:
        restricted = {"iam.allowedPolicyMemberDomains": {"rules": [{"values": {"allowedValues": ["C0123"]}}]}}
        facts, box = ask(**PRIVATE, world={"orgPolicies": {f"{CRM}organizations/9": restricted}})
        assert isinstance(facts.constraints, Known)
        assert facts.constraints.value.restricts_members
        assert not facts.constraints.value.requires_invoker_check
        assert hosts(box).count("orgpolicy.googleapis.com") == 4

    def test_not_for_a_service_that_is_open(self, ask: Ask) -> None:
        facts, box = ask(caller="browser", iam={f"{RUN}{ORDERS}": invoker("allUsers")})
        assert isinstance(facts.constraints, Absent)
        assert "orgpolicy.googleapis.com" not in hosts(box)

    def test_not_for_a_service_that_does_not_exist(self, ask: Ask) -> None:
        facts, _ = ask("nothing", caller="browser")
        assert isinstance(facts.constraints, Absent)

    def test_read_where_the_user_speaks_of_it(self, ask: Ask) -> None:
        assert isinstance(ask(speaks_of_public=True)[0].constraints, Known)

    def test_a_missing_permission_is_named(self, ask: Ask) -> None:
        facts, _ = ask(**PRIVATE, world=lacking("orgpolicy.policy.get"))
        assert isinstance(facts.constraints, Unknown)
        assert facts.constraints.permission == "orgpolicy.policy.get"


class TestIap:
    ON: Final = {f"{RUN}{ORDERS}": {"ingress": "INGRESS_TRAFFIC_ALL", "urls": [URL], "iapEnabled": True}}

    def test_policies_of_every_level_count(self, ask: Ask) -> None:
        levels = {
            f"{IAP}/cloud_run-us-central1/services/orders": invoker("user:a@example.com", role=ACCESSOR),
            f"{IAP}": invoker("user:b@example.com", role=ACCESSOR),
            f"{CRM}folders/77": {
                "bindings": [
                    {"role": ACCESSOR, "members": ["user:c@example.com"]},
                    {"role": "roles/viewer", "members": ["user:d@example.com"]},
                ]
            },
        }
        facts, _ = ask(resources=self.ON, iam=levels)
        assert isinstance(facts.iap_policy, Known)
        members = {member for one in facts.iap_policy.value.bindings for member in one.members}
        assert members == {"user:a@example.com", "user:b@example.com", "user:c@example.com"}

    @pytest.mark.parametrize("level", [f"{IAP}/cloud_run-us-central1/services/orders", f"{IAP}"])
    def test_what_could_not_be_read_is_unknown_unless_the_caller_is_let_through(self, ask: Ask, level: str) -> None:
        world = lacking(f"iap.webServiceVersions.getIamPolicy {level}")
        other = f"{IAP}/cloud_run-us-central1"
        facts, _ = ask(resources=self.ON, world=world)
        assert isinstance(facts.iap_policy, Unknown)
        assert facts.iap_policy.permission == "iap.webServiceVersions.getIamPolicy"
        through = {other: invoker(f"serviceAccount:{CHECKOUT}", role=ACCESSOR)}
        facts, _ = ask(resources=self.ON, world=world, iam=through)
        assert isinstance(facts.iap_policy, Known)


class TestDomain:
    def test_a_mapping_that_is_ready_gets_the_calls_that_carry_nothing(self, ask: Ask) -> None:
        facts, box = ask(url=f"https://{HOST}/x", resources=mapped("True"))
        assert isinstance(facts.domain, Known)
        assert facts.domain.value.service == ORDERS
        assert isinstance(facts.calls, Known)
        assert facts.calls.value.url == f"https://{HOST}/x"
        assert facts.calls.value.without_token is not None
        assert facts.calls.value.with_junk is not None
        assert facts.calls.value.with_token is None
        assert facts.calls.value.audience == URL
        assert hosts(box).count(HOST) == 2

    @pytest.mark.parametrize("mapping", [mapped("False"), mapped("Unknown"), mapped("True", "frontend"), {}])
    def test_any_other_host_gets_none(self, ask: Ask, mapping: dict[str, Any]) -> None:
        facts, box = ask(url=f"https://{HOST}/x", resources=mapping)
        assert HOST not in hosts(box)
        assert isinstance(facts.calls, Known)
        assert facts.calls.value.url.startswith(URL)
        assert isinstance(facts.domain, Known if mapping else Absent)

    def test_nor_one_whose_mapping_could_not_be_read(self, ask: Ask) -> None:
        facts, box = ask(url=f"https://{HOST}/x", resources=mapped("True"), world=lacking("run.domainmappings.get"))
        assert isinstance(facts.domain, Unknown)
        assert HOST not in hosts(box)


class TestFunctionPolicy:
    FUNCTION: Final = "//cloudfunctions.googleapis.com/projects/shop-prod/locations/us-central1/functions/placeOrder"

    def of_a_function(self, *members: str, service: dict[str, Any] | None = None) -> dict[str, Any]:
        made = {"ingress": "INGRESS_TRAFFIC_ALL", "urls": [URL], "buildConfig": {"functionTarget": "placeOrder"}}
        function = {"serviceConfig": {"service": ORDERS}, "environment": "GEN_2"}
        of = {"goog-managed-by": "cloudfunctions", "goog-drz-cloudfunctions-id": "placeOrder"}
        given = {self.FUNCTION: invoker(*members, role="roles/cloudfunctions.invoker")} if members else {}
        return {
            "resources": {f"{RUN}{ORDERS}": made | {"labels": of} | (service or {}), self.FUNCTION: function},
            "iam": {f"{RUN}{ORDERS}": {}, **given},
            "caller": "browser",
        }

    def test_everybody_who_was_let_in_at_the_function_is_found(self, ask: Ask) -> None:
        facts, _ = ask(**self.of_a_function("allUsers"))
        assert isinstance(facts.elsewhere, Known)
        assert [one.resource for one in facts.elsewhere.value] == [self.FUNCTION]

    @pytest.mark.parametrize("members", [(), (f"serviceAccount:{WEB}",)])
    def test_anybody_else_says_nothing(self, ask: Ask, members: tuple[str, ...]) -> None:
        facts, _ = ask(**self.of_a_function(*members))
        assert isinstance(facts.elsewhere, Known)
        assert facts.elsewhere.value == ()

    def test_not_for_a_service_that_is_open(self, ask: Ask) -> None:
        facts, box = ask(**self.of_a_function("allUsers", service={"invokerIamDisabled": True}))
        assert isinstance(facts.elsewhere, Absent)
        assert not [path for path in paths(box) if "/functions/" in path and path.endswith(":getIamPolicy")]

    def test_one_that_could_not_be_read_is_not_known(self, ask: Ask) -> None:
        world = lacking("cloudfunctions.functions.getIamPolicy")
        facts, _ = ask(**self.of_a_function("allUsers"), world=world)
        assert isinstance(facts.elsewhere, Unknown)


class TestSiblings:
    LABELS: Final = {"deployment-tool": "cli-firebase", "goog-managed-by": "cloudfunctions", "team": "shop"}

    def others(self, **policies: bool) -> dict[str, Any]:
        where = f"{RUN}projects/shop-prod/locations/us-central1/services/"
        names = {name: {"labels": self.LABELS | {"team": name}} for name in policies}
        resources: dict[str, Any] = {f"{where}{name}": one for name, one in names.items()}
        resources[f"{where}other"] = {"labels": {"deployment-tool": "console-cloud"}}
        resources[f"{RUN}{ORDERS}"] = {"ingress": "INGRESS_TRAFFIC_ALL", "urls": [URL], "labels": self.LABELS}
        iam = {f"{where}{name}": invoker("allUsers") for name, is_public in policies.items() if is_public}
        return {"resources": resources, "iam": iam | {f"{RUN}{ORDERS}": {}}, "caller": "browser"}

    def test_those_that_were_deployed_alike(self, ask: Ask) -> None:
        facts, _ = ask(**self.others(a=True, b=True, c=False))
        assert isinstance(facts.siblings, Known)
        assert facts.siblings.value == Siblings(("a", "b"))

    def test_eight_at_most(self, ask: Ask) -> None:
        facts, box = ask(**self.others(**{f"s{number}": True for number in range(12)}))
        assert isinstance(facts.siblings, Known)
        assert len(facts.siblings.value.public) == 8
        assert len([path for path in paths(box) if path.endswith(":getIamPolicy") and "/services/s" in path]) == 8

    def test_not_for_a_caller_with_an_identity(self, ask: Ask) -> None:
        facts, _ = ask(**(self.others(a=True) | {"caller": CHECKOUT}))
        assert isinstance(facts.siblings, Absent)

    def test_a_list_that_could_not_be_read(self, ask: Ask) -> None:
        facts, _ = ask(**self.others(a=True), world=lacking("run.services.list"))
        assert isinstance(facts.siblings, Unknown)
        assert facts.siblings.obstacle is Obstacle.FORBIDDEN

    def test_a_policy_that_could_not_be_read_is_said_beside_those_that_were(self, ask: Ask) -> None:
        hidden = f"{RUN}projects/shop-prod/locations/us-central1/services/b"
        facts, _ = ask(**self.others(a=True, b=True), world=lacking(f"run.services.getIamPolicy {hidden}"))
        assert isinstance(facts.siblings, Known)
        assert facts.siblings.value.public == ("a",)
        assert [one.source.target for one in facts.siblings.value.unread] == [hidden]


class TestTroubleshooter:
    def test_asked_where_a_group_leaves_it_open(self, ask: Ask) -> None:
        groups = {"groups": {"g@example.com": [f"serviceAccount:{CHECKOUT}"]}}
        facts, _ = ask(iam={f"{RUN}{ORDERS}": invoker("group:g@example.com")}, world=groups)
        assert isinstance(facts.troubleshot, Known)
        assert facts.troubleshot.value.is_allowed is True

    @pytest.mark.parametrize(
        "policy",
        [
            invoker(f"serviceAccount:{CHECKOUT}", "group:g@example.com"),
            invoker("group:g@example.com", role="roles/logging.viewer"),
            {},
        ],
    )
    def test_not_where_it_is_not_open(self, ask: Ask, policy: dict[str, Any]) -> None:
        facts, box = ask(iam={f"{RUN}{ORDERS}": policy})
        assert isinstance(facts.troubleshot, Absent)
        assert "policytroubleshooter.googleapis.com" not in hosts(box)


TAG: Final = {
    "tagKey": "tagKeys/1",
    "namespacedTagKey": "9/exposure",
    "tagValue": "tagValues/2",
    "namespacedTagValue": "9/exposure/internal",
}
GATED: Final = {"title": "x", "expression": 'resource.matchTag("9/exposure", "internal")'}


class TestTags:
    def gated(self, role: str = "roles/run.invoker") -> dict[str, Any]:
        policy = invoker(f"serviceAccount:{CHECKOUT}", role=role)
        return {f"{RUN}{ORDERS}": {"version": 3, "bindings": [policy["bindings"][0] | {"condition": GATED}]}}

    def test_read_where_a_binding_asks_for_them(self, ask: Ask) -> None:
        tags = {f"{RUN}{ORDERS}": [TAG], f"{CRM}projects/shop-prod": [TAG | {"tagKey": "tagKeys/9"}]}
        facts, box = ask(iam=self.gated(), world={"effectiveTags": tags})
        assert isinstance(facts.policies, Known)
        read = facts.policies.value.tags
        assert isinstance(read, Known)
        assert read.value[0] == Tag("9/exposure", "tagKeys/1", "internal", "tagValues/2")
        assert [tag.key_id for tag in read.value] == ["tagKeys/1", "tagKeys/9"], "inherited ones count too"
        asked = [one for one in box.requests if one.path == "/v3/effectiveTags"]
        assert [one.host for one in asked] == ["us-central1-cloudresourcemanager.googleapis.com"]

    def test_read_where_a_deny_rule_asks_for_them(self, ask: Ask) -> None:
        rule = {
            "deniedPrincipals": ["principalSet://goog/public:all"],
            "deniedPermissions": ["run.googleapis.com/routes.invoke"],
        }
        for condition, times in ((GATED, 1), ({"expression": "true"}, 0)):
            denial = {"displayName": "freeze", "rules": [{"denyRule": rule | {"denialCondition": condition}}]}
            _, box = ask(world={"deny": {f"{CRM}folders/77": [denial]}})
            assert paths(box).count("/v3/effectiveTags") == times

    def test_not_for_a_role_that_lets_nobody_in(self, ask: Ask) -> None:
        facts, box = ask(iam=self.gated("roles/run.viewer"))
        assert "/v3/effectiveTags" not in paths(box)
        assert not [one for one in unread_of(facts) if "Tags" in one.source.read]

    def test_what_may_not_be_read_is_not_known(self, ask: Ask) -> None:
        facts, _ = ask(iam=self.gated(), world=lacking("run.services.listEffectiveTags"))
        assert isinstance(facts.policies, Known)
        assert isinstance(facts.policies.value.tags, Unknown)
        assert facts.policies.value.tags.permission == "run.services.listEffectiveTags"
        assert facts.policies.value.tags in unread_of(facts)
