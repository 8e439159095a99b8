"""Decides what the node should do, and says why."""

from dataclasses import dataclass
from typing import Final

import grpc.aio
from arkalia.zeroia.v1 import zeroia_error_pb2, zeroia_event_pb2, zeroia_service_pb2
from arkalia.zeroia.v1 import zeroia_service_pb2_grpc as stubs

from luna.kernel.feed import Feed, Refusals
from luna.manifest import Health, Module, Toolbox, Wired
from luna.modules.zeroia.coordinator import Coordinator
from luna.modules.zeroia.decision_history import DecisionHistory
from luna.modules.zeroia.decisions import DecisionService
from luna.modules.zeroia.errors import PageTokenError
from luna.modules.zeroia.loop import Loop
from luna.modules.zeroia.mind import Mind
from luna.modules.zeroia.news import News
from luna.modules.zeroia.policies import PolicyBook
from luna.modules.zeroia.servicer_coordinator import CoordinatorServicer
from luna.modules.zeroia.servicer_decisions import DecisionServicer
from luna.modules.zeroia.servicer_policy import PolicyServicer

__all__ = ["MODULE"]

_SERVICES: Final = zeroia_service_pb2.DESCRIPTOR.services_by_name
_DECISIONS: Final = _SERVICES["DecisionService"]
_POLICY: Final = _SERVICES["PolicyService"]
_COORDINATOR: Final = _SERVICES["CoordinatorService"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Servicers:
    decisions: DecisionServicer
    policy: PolicyServicer
    coordinator: CoordinatorServicer

    def register(self, server: grpc.aio.Server) -> None:
        stubs.add_DecisionServiceServicer_to_server(self.decisions, server)
        stubs.add_PolicyServiceServicer_to_server(self.policy, server)
        stubs.add_CoordinatorServiceServicer_to_server(self.coordinator, server)


def _wire(tools: Toolbox) -> Wired:
    identity, events, clock = tools.identity, tools.events, tools.clock
    node, source = identity.node, identity.source
    book = PolicyBook(events, clock, source)
    mind = Mind(events, clock)
    decisions = DecisionService(events, book, mind, clock, source)
    coordinator = Coordinator(events, clock, book=book, mind=mind, decisions=decisions, node=node, source=source)
    news = News(events, clock, book, coordinator)
    loop = Loop(events, tools.consumers, clock, book=book, mind=mind, decisions=decisions, member=identity.process)
    feed = Feed(events, Refusals(page=PageTokenError), checkpoint_seconds=tools.checkpoint_seconds)

    async def policy_probe() -> tuple[Health, str]:
        # What a caller would ask for, from the log itself.
        revision = await book.load()
        return Health.SERVING, f"policy revision {revision.revision}"

    servicers = _Servicers(
        decisions=DecisionServicer(decisions, DecisionHistory(events, decisions), book, feed, news, node=node),
        policy=PolicyServicer(book, feed, events, clock, node=node),
        coordinator=CoordinatorServicer(coordinator, feed, events, clock),
    )
    return Wired(
        register=servicers.register,
        background=[loop.run, news.run, coordinator.run],
        probes={
            _DECISIONS.full_name: loop.probe,
            _POLICY.full_name: policy_probe,
            _COORDINATOR.full_name: coordinator.probe,
        },
    )


MODULE = Module(
    name="zeroia",
    services=[_DECISIONS, _POLICY, _COORDINATOR],
    errors=zeroia_error_pb2.ZeroiaErrorReason.DESCRIPTOR,
    events=list(zeroia_event_pb2.DESCRIPTOR.message_types_by_name.values()),
    wire=_wire,
)
