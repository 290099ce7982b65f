"""An agent on Agent Engine (a reasoning engine): as itself, as an account, or as the product's own service agent.

Documentation: https://docs.cloud.google.com/agent-builder/agent-engine/agent-identity
"""

from __future__ import annotations

from ...gcp import methods
from ...gcp.products import workloads
from ...google_json.workloads import ReasoningEngine
from ...model.caller import Caller, CallerKind, Origin, Place
from ...model.fact import Fact, Known, Obstacle, Source, Unknown
from ...model.iam import Principal
from ...model.run import IdentityType
from .kind import LookupContext, ResolvedCaller, given
from .lookup import Looked, missing, start_project
from .runtime_identity import agent
from .senders import agent_of

_HOST = methods.REASONING_ENGINE.host
_AGENT = "gcp-sa-aiplatform-re"


def resolve(asked: str, name: str, context: LookupContext) -> ResolvedCaller:
    """Resolve an engine by its id in the callee's region, or by its full name."""
    relative = name.removeprefix(f"//{_HOST}/")
    if not relative.startswith("projects/"):
        relative = f"projects/{context.project}/locations/{context.region or '-'}/reasoningEngines/{relative}"
    reading = start_project(context, relative.split("/")[1])
    looked = Looked(relative, workloads.reasoning_engine(context.google, relative), reading.get())
    caller = Caller(asked, CallerKind.AGENT_ENGINE, looked.full_name(_HOST))
    if not isinstance(looked.value, Known):
        unknown = missing(looked, "reasoning engine")
        return ResolvedCaller(given(caller), unknown, unknown)
    engine, source = looked.value.value, looked.value.source
    origin: Fact[Origin] = Known(Origin(Place.INTERNET, looked.project_id), source)
    if engine.attached:
        origin = Unknown(source, Obstacle.NOT_UNDERSTOOD, "where its network attachment points is not read")
    is_agent = engine.identity is IdentityType.AGENT
    caller = Caller(asked, caller.kind, caller.resource, has_certificate=is_agent)
    return ResolvedCaller(given(caller), _principal(engine, looked, source, context), origin)


def _principal(
    engine: ReasoningEngine, looked: Looked[ReasoningEngine], source: Source, context: LookupContext
) -> Fact[Principal]:
    if engine.effective.startswith("agents."):
        return Known(Principal(f"principal://{engine.effective}"), source)
    if engine.identity is IdentityType.AGENT:
        return agent("aiplatform", looked.name, source, context)
    if engine.identity is None:
        return Unknown(source, Obstacle.NOT_UNDERSTOOD, "it has a type of identity that this version does not know")
    if engine.account:
        return Known(Principal(f"serviceAccount:{engine.account}"), source)
    member = agent_of(_AGENT, looked.project)
    return Known(Principal(member.value), source) if isinstance(member, Known) else member
