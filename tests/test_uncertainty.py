import numpy as np
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import triang

from simulation import influence, stance, uncertainty
from simulation.catalog import load_dossier, load_scenario, load_table
from simulation.dossier import Shift
from simulation.doubts import (
    RELATION,
    SPREAD,
    STREAM,
    Triangles,
    coefficient_rows,
    doubts,
    drawn,
    published,
)
from simulation.errors import InputError
from simulation.statement import NAMES
from simulation.uncertainty import (
    Draws,
    StanceShares,
    VerdictShares,
    draw,
    hold,
    ranged,
    shares,
    verdict_shares,
)

WIDE = "takaichi_coalition_wide"
FIXED = published()[None]


@pytest.fixture(scope="module")
def wide():
    scenario = load_scenario(WIDE)
    return scenario, load_table(scenario)


@pytest.fixture(scope="module")
def draws(wide):
    return draw(*wide, n=400, seed=3)


def changed(dossier, **fields):
    """The dossier with every position's fields replaced."""
    positions = {t: p.model_copy(update=fields) for t, p in dossier.positions.items()}
    return dossier.model_copy(update={"positions": positions})


def drawn_once(codes, stances):
    stances = np.array(stances, dtype=np.int8)
    return Draws(tuple(codes), stances.astype(float), np.zeros((len(stances), 4)), stances)


# The triangle


def test_the_triangle_from_minus_one_to_one_by_hand():
    # The area left of -0.5 is half a base of 0.5 times half a height of 0.5: an eighth.
    unit = np.array([[0.0], [0.125], [0.5], [0.875], [1.0]])
    assert Triangles(np.array([-1.0]), np.array([1.0])).offsets(unit)[:, 0] == pytest.approx([-1, -0.5, 0, 0.5, 1])


@given(st.floats(0, 1), st.floats(-1, 0), st.floats(0, 1))
@example(unit=0.0, low=0.0, high=4.681815891016383e-159)
def test_the_triangle_is_scipys(unit, low, high):
    found = float(Triangles(np.array([low]), np.array([high])).offsets(np.array([unit]))[0])
    assert low <= found <= high
    if high - low > 1e-3:
        assert found == pytest.approx(triang.ppf(unit, -low / (high - low), low, high - low), abs=1e-6)


def test_a_number_without_doubt_is_not_moved():
    assert np.all(Triangles(np.zeros(1), np.zeros(1)).offsets(np.linspace(0, 1, 5)[:, None]) == 0)


# What is drawn


def test_without_any_width_every_draw_is_the_debate_that_was_held(takaichi):
    scenario, said = takaichi.scenario, {s.code: s for s in takaichi.transcript.final}
    found = draw(scenario, load_table(scenario), n=5, scale=0)
    assert scenario.debate.rounds > 1
    for i, code in enumerate(found.codes):
        assert found.stances[:, i].tolist() == [said[code].stance] * 5
        assert found.scores[:, i] == pytest.approx([said[code].score] * 5, abs=1e-6)


@pytest.mark.parametrize("name", [WIDE, "autonomous_weapons_treaty", "critical_minerals_club"])
def test_without_any_width_an_opening_round_is_what_stance_finds(name):
    scenario = load_scenario(name)
    desks = load_table(scenario)
    data = stance.inputs(scenario, desks)
    score = stance.latent(stance.substance(stance.agreement(data), stance.importance(data)), data.relations)
    caps = np.array([stance.cap(stance.breaches(d, scenario)) for d in desks])
    found = draw(scenario, desks, n=3, rounds=1, scale=0)
    assert np.array_equal(found.stances, np.tile(stance.to_stance(score, caps), (3, 1)))
    assert np.allclose(found.scores, score, atol=1e-12)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_a_draw_is_a_single_debate_over_the_numbers_drawn(seed, rounds):
    scenario = load_scenario("takaichi_coalition")
    known = doubts(scenario, load_table(scenario), rounds)
    unit = np.random.default_rng(seed).random((4, len(known.groups)))
    found = hold(known, [unit])
    data, near, rows = drawn(known, unit)
    for n in range(4):
        alone = stance.Inputs(data.pushes, data.weights, data.positions[n], data.saliences[n], data.relations[n])
        matter = stance.importance(alone)
        walked = influence.path(
            stance.agreement(alone),
            influence.weights(known.standing, near[n]),
            influence.openness(matter, known.frozen),
            rounds,
        )
        weights = dict(zip(("substance", *stance.RELATIONS), rows[n, :4].tolist(), strict=True))
        model = stance.Coefficients(weights, tuple(rows[n, 4:].tolist()), 0.5)
        score = stance.latent(stance.substance(walked[-1], matter), alone.relations, model)
        assert np.allclose(found.scores[n], score, atol=1e-12)
        assert found.stances[n].tolist() == stance.to_stance(score, known.caps, model).tolist()


@pytest.mark.parametrize(
    ("sponsors", "targets"), [(("JPN",), ("CHN",)), (("USA", "JPN", "NATO"), ("CHN", "RUS", "ALL"))]
)
def test_a_drawn_affinity_is_one_the_dossier_might_have_held(wide, sponsors, targets):
    scenario, desks = wide
    proposal = scenario.proposal.model_copy(update={"sponsors": sponsors, "targets": targets})
    scenario = scenario.model_copy(update={"proposal": proposal})
    known = doubts(scenario, desks)
    parties = known.affinity.shape[1]
    first = len(known.low) - known.affinity.size
    checked = 0
    for i, dossier in enumerate(desks):
        for code in {*sponsors, *targets} & {d.code for d in desks} & set(dossier.relations) - {dossier.code}:
            j = first + i * parties + [d.code for d in desks].index(code)
            unit = middle(known)
            unit[:, j] = 1.0
            moved, near, _ = drawn(known, unit)
            held = dossier.affinity(code, scenario.day)
            top = min(1.0, held + RELATION)
            tie = dossier.relations[code].model_copy(update={"affinity": top, "changed": ()})
            other = dossier.model_copy(update={"relations": {**dossier.relations, code: tie}})
            table = (*desks[:i], other, *desks[i + 1 :])
            assert np.allclose(moved.relations[0], stance.inputs(scenario, table).relations)
            assert near[0, i, [d.code for d in desks].index(code)] == pytest.approx(top)
            checked += top > held
    assert checked > 10


@pytest.mark.parametrize("targets", [(), ("ALL",)])
def test_a_proposal_that_names_nobody_is_drawn_too(wide, targets):
    scenario, desks = wide
    proposal = scenario.proposal.model_copy(update={"sponsors": (), "targets": targets})
    found = draw(scenario.model_copy(update={"proposal": proposal}), desks, n=20)
    assert found.stances.shape == (20, len(desks))
    assert np.ptp(found.scores, axis=0).min() > 0


def middle(known):
    """(1, F) the shares at which every number is as written."""
    base = known.high - known.low
    return np.append(np.divide(-known.low, base, out=np.zeros_like(base), where=base > 0), 0.5)[None]


def test_a_drawn_position_and_salience_are_ones_the_dossier_might_have_held(wide):
    scenario, desks = wide
    china = next(d for d in desks if d.code == "CHN")
    i, themes = desks.index(china), stance.touched(scenario)
    known, compared = doubts(scenario, desks), 0
    for kind, field, least in ((0, "position", -1), (1, "salience", 0)):
        for k, theme in enumerate(themes):
            held = china.positions[theme]
            width = (0.5, 0.2)[kind] * (1 - held.confidence)
            unit = middle(known)
            unit[:, (kind * len(desks) + i) * len(themes) + k] = 0.0
            moved = drawn(known, unit)[0]
            bottom = max(least, getattr(held, field) - width)
            positions = {**china.positions, theme: held.model_copy(update={field: bottom, "when": type(held.when)()})}
            lowered = china.model_copy(update={"positions": positions})
            wanted = stance.inputs(scenario, [lowered])
            if held.when == type(held.when)():
                assert np.allclose(moved.positions[0, i], wanted.positions[0])
                compared += 1
            assert np.allclose(moved.saliences[0, i], wanted.saliences[0])
    assert compared > 10


def test_numbers_drawn_stay_in_their_scales_and_a_union_in_the_range_of_its_members(wide):
    scenario, desks = wide
    known = doubts(scenario, desks, scale=4.0)
    data, near, rows = drawn(known, np.random.default_rng(0).random((300, len(known.groups))))
    assert np.abs(data.positions).max() <= 1
    assert data.saliences.min() >= 0
    assert data.saliences.max() <= 1
    assert np.abs(near).max() <= 1
    assert np.all(np.diff(rows[:, 4:], axis=1) >= 0)
    i = next(k for k, d in enumerate(desks) if d.code == "EU")
    known = doubts(scenario, desks)
    themes, seen = stance.touched(scenario), 0
    for k, theme in enumerate(themes):
        held = desks[i].positions.get(theme)
        if held is not None and held.range:
            at, written = i * len(themes) + k, held.on(scenario.day)
            assert known.low[at] == pytest.approx(max(-1 - written, min(0, held.range[0] - held.position)))
            assert known.high[at] == pytest.approx(min(1 - written, max(0, held.range[1] - held.position)))
            seen += 1
    assert seen > 3


def test_a_position_that_moved_is_drawn_around_the_policy_of_its_day(wide):
    scenario, desks = wide
    theme = stance.touched(scenario)[0]
    earlier = Shift(before=0.9, until="2030")
    held = (
        desks[0]
        .positions[theme]
        .model_copy(update={"position": -0.9, "changed": (earlier,), "range": None, "confidence": 0.5})
    )
    known = doubts(scenario, [desks[0].model_copy(update={"positions": {theme: held}})])
    assert known.low[0] == pytest.approx(-0.25)
    assert known.high[0] == pytest.approx(0.1)


def test_what_a_dossier_does_not_say_is_not_drawn(wide):
    scenario, desks = wide
    silent = desks[0].model_copy(update={"relations": {}, "positions": {}})
    known = doubts(scenario, (silent, *desks[1:]))
    own = [k for k, (code, _) in enumerate(known.groups[:-1]) if code == silent.code]
    assert len(own) == 2 * len(stance.touched(scenario)) + known.affinity.shape[1]
    assert np.all(known.low[own] == 0)
    assert np.all(known.high[own] == 0)


@pytest.mark.parametrize("rounds", [1, 4])
def test_less_confidence_spreads_every_countrys_score_more(wide, rounds):
    scenario, desks = wide
    spreads = []
    for confidence in (0.95, 0.6, 0.1):
        table = [changed(d, confidence=confidence, range=None).model_copy(update={"relations": {}}) for d in desks]
        spreads.append(draw(scenario, table, 800, 5, rounds, rows=FIXED).scores.std(axis=0))
    assert np.all(spreads[0] < spreads[1])
    assert np.all(spreads[1] < spreads[2])


def test_full_confidence_leaves_relations_and_coefficients_in_doubt_only(wide):
    scenario, desks = wide
    certain = [changed(d, confidence=1.0, range=None) for d in desks]
    known = doubts(scenario, certain)
    doubted = {kind for (_, kind), w in zip(known.groups[:-1], known.high - known.low, strict=True) if w > 0}
    assert doubted == {"relations"}
    alone = [d.model_copy(update={"relations": {}}) for d in certain]
    assert np.ptp(draw(scenario, alone, 50, rows=FIXED).scores, axis=0).max() == 0
    assert np.ptp(draw(scenario, alone, 50).scores, axis=0).min() > 0


def test_no_draw_rises_above_what_a_rule_leaves_and_rules_hold_positions(wide):
    scenario, desks = wide
    known = doubts(scenario, desks)
    assert np.all(draw(scenario, desks, 300, 1, scale=3.0).stances <= known.caps)
    assert known.frozen.any()
    assert known.caps.min() < 2
    data, near, _ = drawn(known, np.random.default_rng(1).random((20, len(known.groups))))
    opening = stance.agreement(data)
    last = uncertainty.last_round(known, opening, stance.importance(data), near)
    assert np.allclose(last[:, known.frozen], opening[:, known.frozen])
    assert not np.allclose(last, opening)


# The seed


def test_the_same_seed_gives_the_same_draws_and_another_seed_others(wide, draws):
    again, other = draw(*wide, n=400, seed=3), draw(*wide, n=400, seed=4)
    assert np.array_equal(again.scores, draws.scores)
    assert np.array_equal(again.stances, draws.stances)
    assert not np.array_equal(other.scores, draws.scores)


@pytest.mark.parametrize("chunk", [1, 7, 399, 5000])
def test_chunks_change_nothing(wide, draws, chunk):
    found = draw(*wide, n=400, seed=3, chunk=chunk)
    assert np.array_equal(found.scores, draws.scores)
    assert np.array_equal(found.cuts, draws.cuts)
    assert np.array_equal(found.stances, draws.stances)


def test_few_draws_are_the_first_of_many_and_a_generator_may_be_passed(wide, draws):
    assert np.array_equal(draw(*wide, n=30, seed=3).scores, draws.scores[:30])
    rng = np.random.default_rng([3, STREAM])
    assert np.array_equal(draw(*wide, n=30, seed=rng).scores, draws.scores[:30])
    assert not np.array_equal(draw(*wide, n=30, seed=rng).scores, draws.scores[:30])


def test_seed_and_rounds_are_the_scenarios_if_left_out(wide):
    scenario, desks = wide
    said = draw(scenario, desks, 20, scenario.debate.seed, scenario.debate.rounds)
    assert np.array_equal(draw(scenario, desks, 20).scores, said.scores)
    assert not np.array_equal(draw(scenario, desks, 20, rounds=1).scores, said.scores)


# The coefficients


def test_coefficients_come_from_the_bootstrap_where_the_data_file_holds_one(monkeypatch):
    rows = (published() + np.linspace(-0.1, 0.1, 5)[:, None]).tolist()
    data = yaml.safe_load(stance.coefficients_bytes())
    data["fitted"]["bootstrap"] = rows
    monkeypatch.setattr(stance, "coefficients_bytes", lambda: yaml.safe_dump(data).encode())
    coefficient_rows.cache_clear()
    assert np.allclose(coefficient_rows(), rows)
    del data["fitted"]["bootstrap"]
    coefficient_rows.cache_clear()
    drawn_rows = coefficient_rows()
    coefficient_rows.cache_clear()
    assert drawn_rows.mean(axis=0) == pytest.approx(published(), abs=0.06)
    assert drawn_rows.std(axis=0) == pytest.approx(SPREAD, rel=0.08)


def test_the_last_number_of_a_draw_picks_its_row_and_no_other_does(wide):
    known = doubts(*wide, rows=published() + np.arange(4)[:, None])
    unit = np.full((4, len(known.groups)), 0.6)
    unit[:, -1] = (0.0, 0.3, 0.74, 1.0)
    assert np.allclose(drawn(known, unit)[2][:, 0] - published()[0], (0, 1, 2, 3))


def test_a_score_on_a_cut_point_is_above_it_as_stance_has_it(wide):
    scenario, desks = wide
    japan = changed(desks[0], confidence=1.0, range=None).model_copy(update={"relations": {}})
    score = draw(scenario, [japan], 1, rows=FIXED).scores[0, 0]
    rows = np.r_[FIXED[0, :4], score - 2, score - 1, score, score + 1][None]
    model = stance.Coefficients(dict(stance.coefficients().weights), tuple(rows[0, 4:].tolist()), 0.5)
    found = draw(scenario, [japan], 1, rows=rows)
    assert found.scores[0, 0] == score
    assert found.stances[0, 0] == stance.to_stance(np.array(score), None, model) == 1


def test_each_draw_is_judged_by_one_of_the_rows_given_in_whatever_order(wide):
    rows = published() + np.array([[0.5], [-0.5], [0.0]]) * SPREAD
    found = draw(*wide, n=200, seed=2, rows=rows)
    assert {tuple(r) for r in found.cuts.round(9)} == {tuple(r) for r in rows[:, 4:].round(9)}
    assert np.array_equal(draw(*wide, n=200, seed=2, rows=rows[::-1]).scores, found.scores)


# Shares


def test_shares_count_the_draws_of_each_stance():
    found = shares(drawn_once(("AAA", "BBB"), [[-2, 1], [-2, 2], [0, 1], [-1, 1]]))
    assert found[0] == StanceShares(code="AAA", shares=(0.5, 0.25, 0.25, 0.0, 0.0))
    assert found[1].shares == (0.0, 0.0, 0.0, 0.75, 0.25)
    assert len(found[0].shares) == len(NAMES)


def test_verdict_shares_join_the_stances_of_one_side_and_say_how_likely_it_is():
    found = verdict_shares(drawn_once(("AAA", "BBB"), [[-2, 1], [-2, 2], [0, 1], [-1, 0]]))
    assert found[0] == VerdictShares(
        code="AAA", oppose=0.75, aside=0.25, support=0.0, verdict="oppose", words="likely (55 to 80 %)"
    )
    assert (found[1].support, found[1].verdict) == (0.75, "support")


def test_between_equals_the_verdict_is_the_lower():
    assert verdict_shares(drawn_once(("AAA",), [[-1], [1]]))[0].verdict == "oppose"


@given(st.lists(st.lists(st.integers(-2, 2), min_size=3, max_size=3), min_size=1, max_size=60))
def test_shares_sum_to_one_and_agree_with_the_verdicts(stances):
    sample = drawn_once(("AAA", "BBB", "CCC"), stances)
    for each, verdict in zip(shares(sample), verdict_shares(sample), strict=True):
        assert sum(each.shares) == pytest.approx(1)
        assert verdict.oppose + verdict.aside + verdict.support == pytest.approx(1)
        assert verdict.oppose == pytest.approx(sum(each.shares[:2]))
        assert verdict.support == pytest.approx(sum(each.shares[3:]))
        assert getattr(verdict, verdict.verdict) == max(verdict.oppose, verdict.aside, verdict.support)


def test_shares_survive_json(draws):
    for model, found in ((StanceShares, shares(draws)), (VerdictShares, verdict_shares(draws))):
        assert [model.model_validate_json(x.model_dump_json()) for x in found] == list(found)


# Intelligence Community Directive 203 (2015), D.6.e.(2)(a): the ladder and its ranges as printed.
@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.0, "almost no chance (1 to 5 %)"),
        (0.03, "almost no chance (1 to 5 %)"),
        (0.12, "very unlikely (5 to 20 %)"),
        (0.3, "unlikely (20 to 45 %)"),
        (0.5, "roughly even chance (45 to 55 %)"),
        (0.68, "likely (55 to 80 %)"),
        (0.8, "likely (55 to 80 %)"),
        (0.9, "very likely (80 to 95 %)"),
        (0.97, "almost certain (95 to 99 %)"),
        (1.0, "almost certain (95 to 99 %)"),
    ],
)
def test_a_likelihood_is_told_with_the_range_of_its_word(probability, words):
    assert ranged(probability) == words


# At the edges


def test_one_country_alone_is_held_like_any_other(wide):
    scenario, _ = wide
    india = load_dossier("india")
    found = draw(scenario, [india], 50, 1, 5)
    assert found.stances.shape == (50, 1)
    assert np.allclose(found.scores, draw(scenario, [india], 50, 1, 1).scores)


def test_where_nobody_cares_only_relations_speak(wide):
    scenario, desks = wide
    careless = [d.model_copy(update={"positions": {}}) for d in desks]
    found = draw(scenario, careless, 40, rows=FIXED)
    data, _, _ = drawn(
        doubts(scenario, careless, rows=FIXED), np.full((1, len(doubts(scenario, careless).groups)), 0.5)
    )
    assert np.isfinite(found.scores).all()
    assert not stance.importance(data).any()
    assert draw(scenario, careless, 3, scale=0).scores[0] == pytest.approx(
        stance.latent(np.zeros(len(desks)), stance.inputs(scenario, careless).relations)
    )


def test_identical_countries_draw_apart(wide):
    scenario, _ = wide
    india = load_dossier("india")
    twins = [india, india.model_copy(update={"code": "XXX"})]
    found = draw(scenario, twins, 40, 1, 1)
    assert not np.allclose(found.scores[:, 0], found.scores[:, 1])


def test_a_call_on_everybody_for_nobody_in_particular_names_no_party(wide):
    scenario, desks = wide
    proposal = scenario.proposal.model_copy(update={"sponsors": (), "targets": ("ALL",)})
    known = doubts(scenario.model_copy(update={"proposal": proposal}), desks)
    assert known.affinity.shape == (len(desks), len(desks))
    assert not known.shares.any()


@pytest.mark.parametrize(("n", "rounds", "seats"), [(0, 1, 2), (5, 0, 2), (5, 1, 0)])
def test_less_than_one_draw_round_or_country_is_refused(wide, n, rounds, seats):
    scenario, desks = wide
    with pytest.raises(InputError, match="draw"):
        draw(scenario, desks[:seats], n, rounds=rounds)
