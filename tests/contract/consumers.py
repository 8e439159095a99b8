"""The promises of `Consumers` and `ConsumerAdmin`, as tests that every adapter must pass."""

from tests.contract.consumers_delivery import DeliveryContract
from tests.contract.consumers_settling import SettlingContract


class ConsumersContract(DeliveryContract, SettlingContract):
    """Subclass me and give me ``log``, ``consumers`` upon it, and the ``clock`` of both."""
