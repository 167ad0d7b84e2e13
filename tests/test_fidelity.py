import pytest

from simulation.backtests import Reaction
from simulation.errors import InputError
from simulation.fidelity import collapse, kept_rules, spread, twins, versions


def reaction(said, case, country, stance):
    return Reaction(case, case, country, 0, "", "", said.model_copy(update={"stance": stance}), 0.0)


def test_twins_count_steps_lean_and_changes_per_country(takaichi):
    said = takaichi.transcript.opening[0]
    first = [reaction(said, c, "x", s) for c, s in (("a", 0), ("b", 1), ("c", -1), ("d", 2))]
    second = [reaction(said, c, "x", s) for c, s in (("a", 1), ("b", 1), ("c", 1), ("z", 2))]
    (found,) = twins(first, second)
    assert (found.n, found.difference, found.lean, found.changed) == (3, 1.0, 1.0, 0.6667)
    assert twins(first, first)[0].difference == 0


def test_disagreement_that_vanishes_is_a_collapse_of_one_and_none_of_zero(takaichi):
    opening = takaichi.transcript.opening
    record = takaichi.transcript

    def at_the_end(positions):
        last = tuple(
            s.model_copy(
                update={
                    "round": record.rounds,
                    "views": tuple(v.model_copy(update={"position": p}) for v, p in zip(s.views, row, strict=True)),
                }
            )
            for s, row in zip(opening, positions, strict=True)
        )
        return record.model_copy(update={"statements": (*opening, *last)})

    same = [[v.position for v in s.views] for s in opening]
    assert collapse(at_the_end(same)) == 0
    assert collapse(at_the_end([same[0]] * len(opening))) == 1
    assert 0 < collapse(record) < 1
    assert spread(opening[:1]) == 0


def test_a_rule_is_kept_where_the_stance_stays_below_it(takaichi):
    bound, kept = kept_rules(takaichi.transcript.statements, takaichi.scenario, takaichi.seats)
    assert bound == kept > 0
    eager = [s.model_copy(update={"stance": 2}) for s in takaichi.transcript.statements]
    assert kept_rules(eager, takaichi.scenario, takaichi.seats) == (bound, 0)


def test_a_twin_is_anonymous_or_a_language():
    assert versions("anonymous") == {"masked": True}
    assert versions("language=ja") == {"language": "ja"}
    for wrong in ("language", "language=", "colour=red", "anonymous=1"):
        with pytest.raises(InputError):
            versions(wrong)
