"""What a sidecar makes of the processes that it finds."""

from pathlib import Path

import pytest

from luna.sidecar.adoption import sort_out
from luna.sidecar.places import point, socket_link, socket_path
from luna.sidecar.spawner import Found, slot_key, slot_of


def found(key: str, *, keep: bool = True) -> Found:
    return Found(key=key, child=None, keep=keep, restarts=0, exits=(), note={})


def link(run: Path, process: str, generation: int) -> None:
    point(socket_link(run, process, 0), socket_path(run, process, 0, generation))


def test_of_two_generations_the_one_that_peers_are_led_to_is_in_service(tmp_path: Path) -> None:
    """
    Whichever it is: the link turns when the new one has come up, and then the old one is let go.
    """
    link(tmp_path, "kernel", 1)
    before, over = sort_out([found("kernel-0.1"), found("kernel-0.2")], tmp_path)
    link(tmp_path, "kernel", 2)
    after, left = sort_out([found("kernel-0.1", keep=False), found("kernel-0.2")], tmp_path)

    assert (before["kernel", 0].key, [each.key for each in over]) == ("kernel-0.1", ["kernel-0.2"])
    assert (after["kernel", 0].key, [each.key for each in left]) == ("kernel-0.2", ["kernel-0.1"])


def test_without_a_link_the_newest_is_in_service(tmp_path: Path) -> None:
    """
    Envoy has none.
    """
    service, over = sort_out([found("envoy-0.1"), found("kernel-0.10"), found("kernel-0.9")], tmp_path)

    assert {key: each.key for key, each in service.items()} == {("envoy", 0): "envoy-0.1", ("kernel", 0): "kernel-0.10"}
    assert [each.key for each in over] == ["kernel-0.9"]


def test_what_was_let_go_is_left_over(tmp_path: Path) -> None:
    """
    As is what nobody knows the meaning of.
    """
    service, over = sort_out([found("kernel-0.1", keep=False), found("whatever")], tmp_path)

    assert service == {}
    assert [each.key for each in over] == ["kernel-0.1", "whatever"]


@pytest.mark.parametrize("key", ["", "kernel", "kernel-0", "kernel.1", "-0.1", "kernel-x.1", "kernel-0.x", "kernel-0."])
def test_a_key_that_is_none_is_recognised(key: str) -> None:
    """
    It is nobody's.
    """
    assert slot_of(key) is None


def test_a_key_says_what_it_is_of() -> None:
    """
    Also when the name has a dash in it.
    """
    assert slot_of(slot_key("two-words", 3, 12)) == ("two-words", 3, 12)
