"""Google's own clients over the wire: google-cloud-run, google-cloud-iam and google-auth."""

from __future__ import annotations

import warnings
from typing import Any

import google.auth.transport.requests
import pytest
import requests
from google.api_core import exceptions
from google.cloud import iam_credentials_v1, iam_v2, run_v2
from google.iam.v1 import policy_pb2
from google.oauth2 import id_token, service_account
from google.oauth2.credentials import Credentials
from google.protobuf.field_mask_pb2 import FieldMask

from crauth_doctor.sandbox.http.server import Sandbox

ORDERS = "projects/shop-prod/locations/us-central1/services/orders"
FULL = f"//run.googleapis.com/{ORDERS}"
ACCOUNT = "checkout-run@shop-prod.iam.gserviceaccount.com"


def client(kind: Any, sandbox: Sandbox, host: str, token: str | None = None) -> Any:
    credentials = Credentials(token or sandbox.operator_token)
    return kind(transport="rest", credentials=credentials, client_options={"api_endpoint": f"{sandbox.base}/{host}"})


def run(shop: Any, member: str | None = None) -> Any:
    token = shop.sandbox.access_token(member) if member else None
    return client(run_v2.ServicesClient, shop.sandbox, "run.googleapis.com", token)


def test_run_reads_a_service(shop: Any) -> None:
    service = run(shop).get_service(name=ORDERS)
    assert service.name == ORDERS
    assert service.ingress is run_v2.IngressTraffic.INGRESS_TRAFFIC_ALL
    assert list(service.urls) == ["https://orders-123456789012.us-central1.run.app", service.uri]
    assert service.terminal_condition.state is run_v2.Condition.State.CONDITION_SUCCEEDED
    assert service.template.service_account == "orders-run@shop-prod.iam.gserviceaccount.com"


def test_a_service_without_urls_has_its_deterministic_one(shop: Any) -> None:
    service = run(shop).get_service(name=ORDERS.replace("orders", "checkout"))
    assert service.uri == "https://checkout-123456789012.us-central1.run.app"


@pytest.mark.parametrize("location", ["-", "us-central1"])
def test_run_lists_services_in_pages(shop: Any, location: str) -> None:
    found = run(shop).list_services(request={"parent": f"projects/shop-prod/locations/{location}", "page_size": 1})
    pages = list(found.pages)
    assert [[each.name.rsplit("/", 1)[1] for each in page.services] for page in pages] == [["checkout"], ["orders"]]


def test_regions_that_do_not_answer_are_named(open_shop: Any, world: dict[str, Any]) -> None:
    shop = open_shop(world | {"unreachable": ["us-central1"]})
    page = next(run(shop).list_services(parent="projects/shop-prod/locations/-").pages)
    assert list(page.unreachable) == ["projects/shop-prod/locations/us-central1"]
    assert not page.services


def test_an_enum_value_of_tomorrow_is_an_unknown_number(open_shop: Any, world: dict[str, Any]) -> None:
    world["resources"][FULL]["ingress"] = "INGRESS_TRAFFIC_MOON_ONLY"
    shop = open_shop(world)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # proto-plus warns of the number
        assert int(run(shop).get_service(name=ORDERS).ingress) == 99
    assert shop.api(f"run.googleapis.com/v2/{ORDERS}").json()["ingress"] == "INGRESS_TRAFFIC_MOON_ONLY"


def test_a_missing_service_is_not_found_and_a_forbidden_one_is_not_told(shop: Any) -> None:
    with pytest.raises(
        exceptions.NotFound, match=r"Resource 'nope' of kind 'SERVICE' in region 'us-central1' in project"
    ):
        run(shop).get_service(name=ORDERS.replace("orders", "nope"))
    nobody = run(shop, "user:nobody@example.com")
    with pytest.raises(exceptions.Forbidden, match=r"denied on resource 'projects/shop-prod/.* not exist") as caught:
        nobody.get_service(name=ORDERS)
    assert caught.value.reason == "IAM_PERMISSION_DENIED"
    assert caught.value.metadata["permission"] == "run.services.get"


def test_a_policy_goes_round_with_its_condition(open_shop: Any, world: dict[str, Any]) -> None:
    shop = open_shop(world)
    api = run(shop)
    read = {"resource": ORDERS, "options": {"requested_policy_version": 3}}
    policy = api.get_iam_policy(request=read)
    binding = policy.bindings.add(role="roles/run.servicesInvoker", members=["user:dev@example.com"])
    binding.condition.title, binding.condition.expression = "api", 'request.path.startsWith("/api/")'
    policy.version = 3
    written = api.set_iam_policy(request={"resource": ORDERS, "policy": policy})
    assert written.etag != policy.etag
    again = api.get_iam_policy(request=read)
    assert (again.version, again.bindings[1].condition.title) == (3, "api")
    old = api.get_iam_policy(request={"resource": ORDERS})
    assert old.version == 1
    assert old.bindings[1].role.startswith("roles/run.servicesInvoker_withcond_")
    with pytest.raises(exceptions.Conflict, match="concurrent policy changes"):
        api.set_iam_policy(request={"resource": ORDERS, "policy": policy})
    again.version = 1
    with pytest.raises(exceptions.BadRequest, match="must specify version 3"):
        api.set_iam_policy(request={"resource": ORDERS, "policy": again})


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ("serviceAccount:gone@shop-prod.iam.gserviceaccount.com", "Service account gone@shop-prod.* does not exist."),
        ("serviceAccount:x@elsewhere.iam.gserviceaccount.com", "does not exist"),
        ("nonsense", "Invalid member"),
    ],
)
def test_members_that_do_not_exist_are_refused(shop: Any, member: str | None, message: str) -> None:
    policy = policy_pb2.Policy(bindings=[{"role": "roles/run.invoker", "members": [member]}])
    with pytest.raises(exceptions.BadRequest, match=message):
        run(shop).set_iam_policy(request={"resource": ORDERS, "policy": policy})


def test_googles_own_agents_always_exist(open_shop: Any, world: dict[str, Any]) -> None:
    member = "serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com"
    policy = policy_pb2.Policy(bindings=[{"role": "roles/run.invoker", "members": [member]}])
    run(open_shop(world)).set_iam_policy(request={"resource": ORDERS, "policy": policy})


def test_domain_restricted_sharing_keeps_everyone_out(open_shop: Any, world: dict[str, Any]) -> None:
    world["orgPolicies"] = {
        "//cloudresourcemanager.googleapis.com/organizations/9": {
            "iam.allowedPolicyMemberDomains": {"rules": [{"values": {"allowedValues": ["C03x9k2ab"]}}]}
        }
    }
    policy = policy_pb2.Policy(bindings=[{"role": "roles/run.invoker", "members": ["allUsers"]}])
    with pytest.raises(exceptions.BadRequest, match="permitted customer,  perhaps due") as caught:
        run(open_shop(world)).set_iam_policy(request={"resource": ORDERS, "policy": policy})
    assert caught.value.response.json()["error"]["status"] == "FAILED_PRECONDITION"


def test_permissions_are_tested_for_who_asks(shop: Any) -> None:
    asked = {"resource": ORDERS, "permissions": ["run.routes.invoke", "run.services.get"]}
    assert list(run(shop).test_iam_permissions(request=asked).permissions) == ["run.services.get"]
    assert list(run(shop, shop.member).test_iam_permissions(request=asked).permissions) == ["run.routes.invoke"]
    assert list(run(shop, "user:nobody@example.com").test_iam_permissions(request=asked).permissions) == []


def test_a_service_is_changed_field_by_field(open_shop: Any, world: dict[str, Any]) -> None:
    shop = open_shop(world)
    changed = run_v2.Service(name=ORDERS, custom_audiences=["https://orders.example.com"], ingress=2)
    operation = run(shop).update_service(
        request={"service": changed, "update_mask": FieldMask(paths=["custom_audiences", "ingress"])}
    )
    after = operation.result(timeout=5)
    assert (list(after.custom_audiences), after.ingress.name, after.generation) == (
        ["https://orders.example.com"],
        "INGRESS_TRAFFIC_INTERNAL_ONLY",
        2,
    )
    assert after.template.service_account == "orders-run@shop-prod.iam.gserviceaccount.com"
    assert shop.invoke().status_code == 404


def test_the_invoker_check_is_kept_where_it_is_required(open_shop: Any, world: dict[str, Any]) -> None:
    project = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
    world["orgPolicies"] = {project: {"run.managed.requireInvokerIam": {"rules": [{"enforce": True}]}}}
    changed = run_v2.Service(name=ORDERS, invoker_iam_disabled=True)
    with pytest.raises(exceptions.BadRequest, match="invoker_iam_disabled is not currently available"):
        run(open_shop(world)).update_service(
            request={"service": changed, "update_mask": FieldMask(paths=["invoker_iam_disabled"])}
        )


def creds(shop: Any, member: str | None = None) -> Any:
    token = shop.sandbox.access_token(member) if member else None
    return client(iam_credentials_v1.IAMCredentialsClient, shop.sandbox, "iamcredentials.googleapis.com", token)


def test_an_id_token_is_minted_and_gets_in(shop: Any) -> None:
    name = f"projects/-/serviceAccounts/{ACCOUNT}"
    token = creds(shop).generate_id_token(name=name, audience=shop.audience, include_email=True).token
    certs = shop.call("http://www.googleapis.com/oauth2/v1/certs").json()
    claims = google.auth.jwt.decode(token, verify=False)
    assert claims["email"] == ACCOUNT
    assert claims["sub"] == claims["azp"] == "109876543210987654321"
    assert claims["exp"] - claims["iat"] == 3600
    assert google.auth.jwt.decode_header(token)["kid"] in certs
    bare = creds(shop).generate_id_token(name=name, audience=shop.audience).token
    assert "email" not in google.auth.jwt.decode(bare, verify=False)
    assert shop.call(headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_googles_library_verifies_our_tokens(open_shop: Any, world: dict[str, Any]) -> None:
    del world["now"]
    shop = open_shop(world)
    token = shop.sandbox.id_token(shop.member, shop.audience)
    session = requests.Session()
    session.proxies.update(shop.proxies)
    request = google.auth.transport.requests.Request(session)
    url = "http://www.googleapis.com/oauth2/v1/certs"
    claims = id_token.verify_token(token, request, audience=shop.audience, certs_url=url)
    assert claims["email"] == ACCOUNT
    [key] = session.get("http://www.googleapis.com/oauth2/v3/certs").json()["keys"]
    assert key["kid"] == google.auth.jwt.decode_header(token)["kid"]
    session.close()


def test_minting_needs_its_permission_on_the_account(open_shop: Any, world: dict[str, Any]) -> None:
    account = f"//iam.googleapis.com/projects/shop-prod/serviceAccounts/{ACCOUNT}"
    project = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
    minter = {"role": "roles/iam.serviceAccountOpenIdTokenCreator", "members": ["user:minter@example.com"]}
    world["iam"][account] = {"bindings": [minter]}
    high = {"role": "roles/iam.serviceAccountTokenCreator", "members": ["user:high@example.com"]}
    world["iam"][project]["bindings"].append(high)
    shop = open_shop(world)
    name = f"projects/-/serviceAccounts/{ACCOUNT}"
    for member in ("user:minter@example.com", "user:high@example.com"):
        assert creds(shop, member).generate_id_token(name=name, audience="a").token
    for member in ("user:admin@example.com", "user:nobody@example.com"):  # Owner does not hold it
        with pytest.raises(
            exceptions.Forbidden, match=r"Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource"
        ):
            creds(shop, member).generate_id_token(name=name, audience="a")
    with pytest.raises(exceptions.Forbidden, match="getAccessToken"):
        creds(shop, "user:minter@example.com").generate_access_token(name=name, scope=["x"])


def test_an_access_token_acts_as_its_account(shop: Any) -> None:
    name = f"projects/-/serviceAccounts/{ACCOUNT}"
    scope = ["https://www.googleapis.com/auth/cloud-platform"]
    given = creds(shop).generate_access_token(name=name, scope=scope)
    asked = {"resource": ORDERS, "permissions": ["run.routes.invoke", "run.services.get"]}
    api = client(run_v2.ServicesClient, shop.sandbox, "run.googleapis.com", given.access_token)
    assert list(api.test_iam_permissions(request=asked).permissions) == ["run.routes.invoke"]
    info = shop.call(f"http://oauth2.googleapis.com/tokeninfo?access_token={given.access_token}").json()
    assert info["email"] == ACCOUNT


def test_accounts_that_cannot_get_tokens(open_shop: Any, world: dict[str, Any]) -> None:
    world["resources"][f"//iam.googleapis.com/projects/shop-prod/serviceAccounts/{ACCOUNT}"]["disabled"] = True
    shop = open_shop(world)
    with pytest.raises(exceptions.BadRequest, match="disabled"):
        creds(shop).generate_id_token(name=f"projects/-/serviceAccounts/{ACCOUNT}", audience="a")
    gone = "projects/-/serviceAccounts/gone@shop-prod.iam.gserviceaccount.com"
    with pytest.raises(exceptions.NotFound, match="Gaia id not found for email gone@"):
        creds(shop).generate_id_token(name=gone, audience="a")


def test_delegates_need_every_link(open_shop: Any, world: dict[str, Any]) -> None:
    accounts = "//iam.googleapis.com/projects/shop-prod/serviceAccounts/"
    middle = "orders-run@shop-prod.iam.gserviceaccount.com"
    link = {"role": "roles/iam.serviceAccountTokenCreator", "members": [f"serviceAccount:{middle}"]}
    world["iam"][accounts + ACCOUNT] = {"bindings": [link]}
    first = {"role": "roles/iam.serviceAccountTokenCreator", "members": ["user:a@example.com"]}
    world["iam"][accounts + middle] = {"bindings": [first]}
    shop = open_shop(world)
    request = {"name": f"projects/-/serviceAccounts/{ACCOUNT}", "audience": "a"}
    chain = request | {"delegates": [f"projects/-/serviceAccounts/{middle}"]}
    assert creds(shop, "user:a@example.com").generate_id_token(request=chain).token
    with pytest.raises(exceptions.Forbidden):
        creds(shop, "user:a@example.com").generate_id_token(request=request)
    with pytest.raises(exceptions.Forbidden):
        creds(shop, "user:b@example.com").generate_id_token(request=chain)


def test_deny_policies_are_listed_without_and_read_with_their_rules(open_shop: Any, world: dict[str, Any]) -> None:
    rule = {
        "deniedPrincipals": ["principalSet://goog/public:all"],
        "deniedPermissions": ["run.googleapis.com/routes.invoke"],
    }
    project = "//cloudresourcemanager.googleapis.com/projects/shop-prod"
    world["deny"] = {project: [{"displayName": "Freeze it", "rules": [{"denyRule": rule}]}]}
    api = client(iam_v2.PoliciesClient, open_shop(world).sandbox, "iam.googleapis.com")
    for reference in ("shop-prod", "123456789012"):
        parent = f"policies/cloudresourcemanager.googleapis.com%2Fprojects%2F{reference}/denypolicies"
        [listed] = api.list_policies(parent=parent)
        assert (listed.display_name, list(listed.rules)) == ("Freeze it", [])
        assert (
            listed.name
            == "policies/cloudresourcemanager.googleapis.com%2Fprojects%2F123456789012/denypolicies/freeze-it"
        )
        whole = api.get_policy(name=listed.name)
        assert list(whole.rules[0].deny_rule.denied_permissions) == ["run.googleapis.com/routes.invoke"]


def test_a_key_file_gets_tokens(open_shop: Any, world: dict[str, Any]) -> None:
    del world["now"]
    shop = open_shop(world)
    request = google.auth.transport.requests.Request(requests.Session())
    info = shop.sandbox.service_account_key(ACCOUNT)
    minted = service_account.IDTokenCredentials.from_service_account_info(info, target_audience=shop.audience)
    minted.refresh(request)
    assert shop.call(headers={"Authorization": f"Bearer {minted.token}"}).status_code == 200
    access = service_account.Credentials.from_service_account_info(info, scopes=["x"])
    access.refresh(request)
    assert shop.sandbox.cloud.whose_token(access.token)[0].member == shop.member
    other = shop.sandbox.service_account_key("orders-run@shop-prod.iam.gserviceaccount.com")
    wrong = service_account.Credentials.from_service_account_info(other | {"client_email": ACCOUNT}, scopes=["x"])
    with pytest.raises(google.auth.exceptions.RefreshError, match=r"invalid_grant: Invalid JWT Signature."):
        wrong.refresh(request)
    gone = service_account.Credentials.from_service_account_info(info | {"client_email": "gone@x"}, scopes=["x"])
    with pytest.raises(google.auth.exceptions.RefreshError, match="account not found"):
        gone.refresh(request)
    shop.sandbox.advance(86400)
    with pytest.raises(google.auth.exceptions.RefreshError, match="reasonable timeframe"):
        access.refresh(request)
    request.session.close()


def test_a_users_refresh_token_gets_a_token_for_its_client(shop: Any) -> None:
    shop.sandbox.cloud.refresh_tokens["1//dev"] = shop.sandbox.cloud.principal("user:dev@example.com")
    form = {"grant_type": "refresh_token", "refresh_token": "1//dev", "client_id": "mine"}
    given = shop.call("http://oauth2.googleapis.com/token", "POST", data=form).json()
    assert google.auth.jwt.decode(given["id_token"], verify=False)["aud"] == "mine"
    assert shop.sandbox.cloud.whose_token(given["access_token"])[0].email == "dev@example.com"
    refused = shop.call("http://oauth2.googleapis.com/token", "POST", data=form | {"refresh_token": "x"})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
