"""Breakers around what is no rpc: made by modules, shown and steered with the others."""

from luna.resilience.circuit import CircuitKey, CircuitPolicy, CircuitState, Side
from luna.resilience.selection import CircuitRules, Selector
from luna.transport.circuit_commands import Command
from luna.transport.circuits import Circuits

KEY = CircuitKey(process="mind-0", side=Side.CLIENT, peer="ollama", method="models/mistral:7b", priority=3)
OWN = CircuitPolicy(consecutive_failures=2)
RULE = CircuitPolicy(consecutive_failures=9)


def test_its_own_policy_holds_until_a_rule_is_for_it() -> None:
    """
    Where the rule is taken back, its own one holds again.
    """
    circuits = Circuits("mind-0")
    circuits.configure(CircuitRules(policy=CircuitPolicy(consecutive_failures=7)))
    engine = circuits.around(KEY, OWN)
    seen = [engine.policy]
    for rules in (((Selector(peer="ollama"), RULE),), ()):
        circuits.configure(CircuitRules(rules=rules))
        seen.append(engine.policy)

    assert seen == [OWN, RULE, OWN]


def test_the_same_key_is_the_same_breaker_among_the_others() -> None:
    """
    So a module may ask for it again.
    """
    circuits = Circuits("mind-0")
    engine = circuits.around(KEY, OWN)

    assert circuits.around(KEY, OWN) is engine
    assert list(circuits.engines()) == [engine]


def test_it_does_what_somebody_wanted_before_it_was_there() -> None:
    """
    And what it does is there to be recorded.
    """
    circuits = Circuits("mind-0")
    circuits.command(Command(selector=Selector(peer="ollama"), state=CircuitState.FORCED_OPEN, cause="for now"))
    engine = circuits.around(KEY, OWN)

    assert engine.state is CircuitState.FORCED_OPEN
    assert [changed.key for changed in circuits.take_changes(9)] == [KEY]
