"""Every engine keeps the promises."""

import pytest

from luna.adapters.aiobreaker_engine import AiobreakerEngine
from luna.resilience.breaker import Breaker, BreakerEngine
from luna.resilience.circuit import CircuitPolicy, Transition
from tests.contract.breaker import KEY, BreakerEngineContract, Make


@pytest.fixture
def transitions() -> list[Transition]:
    return []


class TestBreaker(BreakerEngineContract):
    @pytest.fixture
    def make(self, transitions: list[Transition]) -> Make:
        def engine(policy: CircuitPolicy) -> BreakerEngine:
            return Breaker(KEY, policy, on_transition=transitions.append, chance=lambda: 0.0)

        return engine


class TestAiobreakerEngine(BreakerEngineContract):
    @pytest.fixture
    def make(self, transitions: list[Transition]) -> Make:
        def engine(policy: CircuitPolicy) -> BreakerEngine:
            return AiobreakerEngine(KEY, policy, on_transition=transitions.append, chance=lambda: 0.0)

        return engine
