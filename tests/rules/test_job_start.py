from __future__ import annotations

import pytest

from crauth_doctor.model.iam import Binding, Policy
from crauth_doctor.rules.job_start import JobStart

WHO = "starter@shop-prod.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    ("roles", "lacks"),
    [
        (("roles/run.invoker",), True),
        (("roles/run.jobsExecutor",), True),
        (("roles/run.invoker", "roles/run.jobsExecutorWithOverrides"), False),
        (("roles/run.invoker", "roles/run.sourceDeveloper"), False),
        (("roles/run.invoker", "projects/shop-prod/roles/starter"), False),
        (("roles/run.viewer",), False),
        ((), False),
    ],
)
def test_whether_the_roles_on_a_job_certainly_refuse_overrides(roles: tuple[str, ...], lacks: bool) -> None:
    bindings = tuple(Binding(role, frozenset({f"serviceAccount:{WHO}"})) for role in roles)
    assert JobStart("nightly", WHO, True, Policy(bindings)).lacks_overrides() is lacks
    assert not JobStart("nightly", WHO, True, None).lacks_overrides()
