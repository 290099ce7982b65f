"""The index of a policy leaves out no binding that concerns a principal: to look at every member is the oracle."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crauth_doctor.iam import allow
from crauth_doctor.iam.conditions import RequestAttributes
from crauth_doctor.model.fact import Known, Source
from crauth_doctor.model.iam import AllowPolicies, Binding, Condition, Policy, PolicyAt, Principal

HERE = Source("given", "a test")
MEMBERS = (
    "user:a@example.com", "user:A@Example.com", "user:b@example.com", "serviceAccount:a@p.iam.gserviceaccount.com",
    "serviceAccount:A@p.iam.gserviceaccount.com", "group:g@example.com", "domain:example.com", "allUsers",
    "allAuthenticatedUsers", "deleted:user:a@example.com?uid=1", "projectOwner:p", "projectEditor:p", "what:ever",
    "principal://agents.global.proj-1.system.id.goog/x", "principal://agents.global.project-1.system.id.goog/x",
    "principalSet://cloudresourcemanager.googleapis.com/projects/1/type/ServiceAccount",
)  # fmt: skip
CONDITIONS = (None, Condition("t", "request.path.startsWith('/v1')"), Condition("u", "request.time < now"))
BINDINGS = st.builds(
    Binding,
    st.sampled_from(["roles/run.invoker", "roles/owner", "roles/viewer", "projects/p/roles/own"]),
    st.frozensets(st.sampled_from(MEMBERS), max_size=6),
    st.sampled_from(CONDITIONS),
)
POLICIES = st.builds(lambda bindings: Policy(tuple(bindings)), st.lists(BINDINGS, max_size=5))
SERVICE = "//run.googleapis.com/projects/p/locations/r/services/s"
PROJECT = "//cloudresourcemanager.googleapis.com/projects/p"


@given(POLICIES, POLICIES, st.sampled_from(MEMBERS), st.sampled_from(["/v1/a", "/", None]))
def test_the_index_finds_what_looking_at_every_member_finds(
    own: Policy, above: Policy, member: str, path: str | None
) -> None:
    chain = (PolicyAt(SERVICE, Known(own, HERE)), PolicyAt(PROJECT, Known(above, HERE)))
    policies = AllowPolicies(chain, Known(value=True, source=HERE))
    principal, request = Principal(member), RequestAttributes(path, "s.run.app", 0)
    found = (
        allow._grant(
            at,
            binding,
            sorted(binding.members),
            policies,
            principal,
            *allow.effect(binding, policies, request, "run.routes.invoke"),
        )
        for at in chain
        if isinstance(at.policy, Known)
        for binding in at.policy.value.bindings
    )
    assert allow.grants(policies, principal, request) == tuple(grant for grant in found if grant is not None)
