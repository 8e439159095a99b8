"""Translates between the contract of faults and the board that keeps them."""

import grpc.aio
from arkalia.chaos.v1 import chaos_pb2 as pb
from arkalia.chaos.v1 import chaos_service_pb2 as rpc
from arkalia.chaos.v1 import chaos_service_pb2_grpc as stubs

from luna.kernel.faults import FaultKind
from luna.kernel.times import duration, seconds_of, timestamp
from luna.transport.call import Context
from luna.transport.faults import Fault, FaultBoard, FaultSpec


class ChaosServicer(stubs.ChaosServiceServicer):
    """Implements ``arkalia.chaos.v1.ChaosService``."""

    def __init__(self, board: FaultBoard) -> None:
        self._board = board

    async def InjectFault(self, request: rpc.InjectFaultRequest, context: Context) -> rpc.InjectFaultResponse:
        return rpc.InjectFaultResponse(fault=_to_pb(self._board.inject(_spec(request.fault))))

    async def ListFaults(self, request: rpc.ListFaultsRequest, context: Context) -> rpc.ListFaultsResponse:
        return rpc.ListFaultsResponse(faults=map(_to_pb, self._board.under_way()))

    async def ClearFaults(self, request: rpc.ClearFaultsRequest, context: Context) -> rpc.ClearFaultsResponse:
        return rpc.ClearFaultsResponse(faults=map(_to_pb, self._board.clear(request.fault_id)))


def register(server: grpc.aio.Server, board: FaultBoard) -> None:
    """Serve the faults of *board*."""
    stubs.add_ChaosServiceServicer_to_server(ChaosServicer(board), server)


def _spec(fault: pb.Fault) -> FaultSpec:
    return FaultSpec(
        fault_id=fault.fault_id,
        kind=FaultKind(fault.kind),
        seconds=seconds_of(fault.duration),
        target=fault.target,
        ratio=fault.ratio if fault.HasField("ratio") else 1.0,
        delay_seconds=seconds_of(fault.delay),
        code=fault.code,
        size_bytes=fault.bytes,
    )


def _to_pb(fault: Fault) -> pb.Fault:
    spec = fault.spec
    return pb.Fault(
        fault_id=spec.fault_id,
        kind=pb.FaultKind.Name(spec.kind),
        target=spec.target,
        ratio=spec.ratio,
        code=spec.code,
        bytes=spec.size_bytes,
        hits=fault.hits,
        duration=duration(spec.seconds),
        delay=duration(spec.delay_seconds),
        start_time=timestamp(fault.start_ns),
    )
