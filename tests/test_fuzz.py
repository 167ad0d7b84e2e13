"""Some inputs of each target of `make fuzz`, always the same: nothing comes of them but a result or a listed error."""

import pytest
from fuzzing.files import PRICES, SWEEPS, prices, small_dossier, small_scenario, sweep
from fuzzing.files import dossier as dossier_file
from fuzzing.files import scenario as scenario_file
from fuzzing.mutations import dumped
from fuzzing.outcomes import Forbidden
from fuzzing.search import search
from fuzzing.target import Target
from fuzzing.targets import TARGETS
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)
def test_nothing_comes_of_any_input_but_a_result_or_a_listed_error(target):
    @settings(
        max_examples=target.few,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(target.inputs())
    def holds(value):
        target.attempt(value)

    try:
        holds()
    finally:
        target.done()


def test_the_files_that_are_made_wrong_are_right_before():
    good = [(scenario_file, small_scenario()), (dossier_file, small_dossier()), (prices, PRICES), (sweep, SWEEPS[1])]
    for attempt, tree in good:
        assert attempt(dumped(tree).encode()) == "result"


def test_a_search_counts_every_bug_and_keeps_the_smallest_input_of_each():
    def attempt(number):
        if number > 3000:
            raise Forbidden("too much: what was asked")
        if number > 1000:
            raise ZeroDivisionError
        return "even" if number % 2 == 0 else "odd"

    found = search(Target("numbers", 1, lambda: st.integers(0, 5000), attempt), 900, 1)
    assert found.inputs >= 900
    assert sum(found.outcomes.values()) == found.inputs
    assert found.forbidden == found.outcomes["forbidden"] > 200
    assert sorted(raw for raw, _ in found.failures.values()) == [b"1001\n", b"3001\n"]


def test_a_search_from_one_seed_is_always_the_same():
    target = next(t for t in TARGETS if t.name == "changes by --set")
    assert search(target, 60, 5).outcomes == search(target, 60, 5).outcomes
