from arkalia.options.v1 import error_pb2 as _error_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class NodeErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NODE_ERROR_REASON_UNSPECIFIED: _ClassVar[NodeErrorReason]
    NODE_ERROR_REASON_PROCESS_UNKNOWN: _ClassVar[NodeErrorReason]
    NODE_ERROR_REASON_NOT_RESTARTABLE: _ClassVar[NodeErrorReason]
    NODE_ERROR_REASON_REPLACEMENT: _ClassVar[NodeErrorReason]
    NODE_ERROR_REASON_STOPPING: _ClassVar[NodeErrorReason]
    NODE_ERROR_REASON_RESUME_TOKEN: _ClassVar[NodeErrorReason]
NODE_ERROR_REASON_UNSPECIFIED: NodeErrorReason
NODE_ERROR_REASON_PROCESS_UNKNOWN: NodeErrorReason
NODE_ERROR_REASON_NOT_RESTARTABLE: NodeErrorReason
NODE_ERROR_REASON_REPLACEMENT: NodeErrorReason
NODE_ERROR_REASON_STOPPING: NodeErrorReason
NODE_ERROR_REASON_RESUME_TOKEN: NodeErrorReason
