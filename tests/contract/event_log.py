"""The promises of `EventLog`, as tests that every adapter must pass."""

from tests.contract.event_log_appends import AppendContract
from tests.contract.event_log_follow import FollowContract
from tests.contract.event_log_reads import ReadContract


class EventLogContract(AppendContract, ReadContract, FollowContract):
    """Subclass me and give me a ``log`` fixture."""
