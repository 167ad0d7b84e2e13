from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.bargaining import coalitions
from simulation.bargaining.packages import (
    Cheapest,
    Front,
    bring_in,
    choices,
    consensus,
    majority,
    pareto,
    score_packages,
    smallest_winning,
    two_thirds,
    unanimity_of_invited,
)
from simulation.catalog import load_dossier, load_scenario
from simulation.scenario import Option, Provision
from simulation.stance import agreement, breaches, cap, importance, inputs, latent, rules, substance, to_stance
from simulation.themes import codebook

LIVE = ("takaichi_coalition", "critical_minerals_club", "autonomous_weapons_treaty")
TABLE = ("japan", "china", "india", "eu", "australia", "united_states", "russia")


@cache
def desk(name):
    return load_dossier(name)


@cache
def live(name):
    scenario = load_scenario(name)
    desks = tuple(desk(n) for n in scenario.seats)
    return scenario, desks, score_packages(scenario, desks)


def amended(scenario, chosen):
    """The scenario as a package leaves it: chosen is {provision: keep, option id or drop}."""
    kept = []
    for p in scenario.provisions:
        themes = {"keep": p.themes, **{o.id: o.themes for o in p.options}}
        if chosen[p.id] != "drop":
            kept.append(p.model_copy(update={"themes": themes[chosen[p.id]]}))
    return scenario.model_copy(update={"provisions": tuple(kept)})


def read(text, desks):
    """Scores and stances of a text by the model's own road, one text at a time."""
    data = inputs(text, desks)
    score = latent(substance(agreement(data), importance(data)), data.relations)
    return score, to_stance(score, np.array([cap(breaches(d, text)) for d in desks]))


def order(package):
    """What goes first: ambition, then breadth, then rewordings before deletions."""
    edits = sum({"keep": 0, "drop": 2}.get(c, 1) for c in package.choices.values())
    return package.ambition, package.breadth, -edits


def all_of(packages):
    return [packages.describe(i) for i in range(packages.ambition.size)]


@pytest.mark.parametrize("name", LIVE)
def test_scoring_all_packages_at_once_equals_scoring_each_amended_text(name):
    scenario, desks, packages = live(name)
    count = packages.ambition.size
    drawn = np.random.default_rng(4).choice(count, min(count, 300), replace=False)
    for index in {0, count - 1, *drawn.tolist()}:
        found = packages.describe(index)
        score, stances = read(amended(scenario, found.choices), desks)
        assert packages.score[:, index] == pytest.approx(score, abs=1e-6)
        assert list(found.stances.values()) == stances.tolist()
        assert found.breadth == (stances >= 1).sum() == len(found.supporters)
        weight = np.sqrt([d.standing for d in desks])
        assert found.standing == pytest.approx(weight[stances >= 1].sum() / weight.sum(), abs=1e-8)


@pytest.mark.parametrize("name", LIVE)
def test_each_package_is_there_once_the_original_first_and_the_empty_one_never(name):
    scenario, _, packages = live(name)
    told = [tuple(p.choices.values()) for p in all_of(packages)]
    assert told[0] == ("keep",) * len(scenario.provisions)
    assert set(told) == set(product(*choices(scenario))) - {("drop",) * len(scenario.provisions)}
    assert len(told) == len(set(told))


def test_ambition_is_the_share_of_the_push_that_is_kept():
    # By hand: pushes times weights are 1.6 + 0.88 + 0.36 + 0.49 = 3.33; kept are 0.4 of one theme of the first, 0.8
    # times 0.3 + 0.2 of the second, and nothing of the last, whose option pushes the other way.
    _, _, packages = live("autonomous_weapons_treaty")
    wanted = ("political_declaration", "national_reviews", "drop", "code_of_conduct")
    found = next(p for p in all_of(packages) if tuple(p.choices.values()) == wanted)
    assert found.ambition == pytest.approx(0.8 / 3.33, abs=1e-8)
    assert packages.ambition[0] == 1


themes = st.dictionaries(
    st.sampled_from(sorted(codebook())[::3]), st.integers(-10, 10).map(lambda n: n / 10), min_size=1, max_size=3
)


class Table(tuple):
    """A scenario, its desks and its packages, told in a few words when a property fails."""

    def __repr__(self):
        provisions = [(p.weight, p.themes, [o.themes for o in p.options]) for p in self[0].provisions]
        return f"{provisions} before {[d.code for d in self[1]]}"


@st.composite
def tables(draw):
    """A random text of up to four provisions before a random table, and all its packages."""
    provisions = tuple(
        Provision(
            id=f"p{n}",
            text="A provision.",
            weight=draw(st.sampled_from([0.2, 0.5, 0.6, 1.0])),
            themes=draw(themes),
            options=tuple(
                Option(id=f"o{k}", text="An option.", themes=draw(themes)) for k in range(draw(st.integers(0, 2)))
            ),
        )
        for n in range(draw(st.integers(1, 4)))
    )
    scenario = load_scenario("takaichi_coalition").model_copy(update={"provisions": provisions})
    desks = [desk(n) for n in draw(st.lists(st.sampled_from(TABLE), min_size=1, max_size=7, unique=True))]
    return Table((scenario, desks, score_packages(scenario, desks)))


@settings(max_examples=40, deadline=None)
@given(tables(), st.randoms(use_true_random=False))
def test_any_text_scored_at_once_equals_its_packages_one_by_one(table, chance):
    scenario, desks, packages = table
    for index in {0, packages.ambition.size - 1, chance.randrange(packages.ambition.size)}:
        found = packages.describe(index)
        score, stances = read(amended(scenario, found.choices), desks)
        assert packages.score[:, index] == pytest.approx(score, abs=1e-6)
        assert packages.stances[:, index].tolist() == stances.tolist()
        assert 0 <= found.ambition <= 1


@settings(max_examples=60, deadline=None)
@given(tables(), st.booleans())
def test_no_point_of_the_front_is_beaten_and_none_is_missing(table, by_standing):
    packages = table[2]
    breadth = packages.standing if by_standing else packages.breadth
    points = set(zip(packages.ambition.tolist(), breadth.tolist(), strict=True))
    unbeaten = {(a, b) for a, b in points if not any(c >= a and d >= b and (c, d) != (a, b) for c, d in points)}
    front = pareto(packages, by_standing)
    told = [(p.ambition, p.standing if by_standing else p.breadth) for p in front.points]
    assert told == sorted(unbeaten, reverse=True)
    assert front.exact


@settings(max_examples=40, deadline=None)
@given(tables())
def test_a_country_is_brought_in_at_the_highest_ambition_at_which_it_supports(table):
    packages = table[2]
    everything = all_of(packages)
    for dossier in table[1]:
        found = bring_in(packages, dossier.code)
        those = [p for p in everything if dossier.code in p.supporters]
        assert (found.package is None) == (not those)
        if found.package is None:
            assert found.lost == found.gained == ()
            continue
        assert found.package in those
        assert found.package.ambition == max(p.ambition for p in those)
        before, after = set(everything[0].supporters), set(found.package.supporters)
        assert set(found.lost) == before - after
        assert set(found.gained) == after - before - {dossier.code}


@settings(max_examples=40, deadline=None)
@given(tables())
def test_a_search_beside_the_whole_finds_the_same_price_of_each_country(table):
    scenario, desks, packages = table
    count = packages.ambition.size
    near = score_packages(scenario, desks, limit=count - 1)
    assert near.rows is not None
    assert not pareto(near).exact
    for dossier in desks:
        whole, found = (bring_in(p, dossier.code).package for p in (packages, near))
        assert (whole is None) == (found is None)
        if whole is not None:
            assert found.ambition == pytest.approx(whole.ambition, abs=1e-5)


@pytest.mark.parametrize("name", LIVE)
def test_a_search_sees_every_package_within_its_radius_and_scores_it_alike(name):
    scenario, desks, packages = live(name)
    near = score_packages(scenario, desks, limit=packages.ambition.size - 1)
    seen = {tuple(p.choices.values()): p for p in all_of(near)}
    whole = {tuple(p.choices.values()): p for p in all_of(packages)}
    radius = int(near.note.split("at most ")[1].split()[0])
    assert radius >= 1
    assert {c for c in whole if sum(d != "keep" for d in c) <= radius} <= set(seen)
    assert len(seen) < len(whole)
    assert all(p == whole[c] for c, p in seen.items())
    assert ("keep",) * len(scenario.provisions) == next(iter(seen))


def test_a_text_too_long_to_try_everything_says_what_was_tried():
    scenario, desks, _ = live("takaichi_coalition")
    first = scenario.provisions[0]
    first = first.model_copy(update={"options": first.options[:1]})
    provisions = tuple(first.model_copy(update={"id": f"p{n}"}) for n in range(40))
    packages = score_packages(scenario.model_copy(update={"provisions": provisions}), desks[:2], limit=50_000)
    won = smallest_winning(packages, consensus)
    assert not won.exact
    assert f"{3**40 - 1:,}" in won.note
    assert "at most 2 provisions changed" in won.note
    assert bring_in(packages, desks[0].code).exact


@pytest.mark.parametrize("name", LIVE)
def test_the_rules_say_of_every_package_what_the_rules_of_coalitions_say(name):
    scenario, _, packages = live(name)
    invited = coalitions.unanimity_of_invited(scenario.proposal.invited)
    pairs = {
        consensus: coalitions.consensus,
        majority: coalitions.majority,
        two_thirds: coalitions.two_thirds,
        unanimity_of_invited(packages): invited,
    }
    for here, there in pairs.items():
        passing = here(packages.stances >= 1, packages.stances <= -1)
        assert passing.tolist() == [there(p.stances).passes for p in all_of(packages)]


@pytest.mark.parametrize("invited", [(), ("ALL",), ("ALL", "JPN"), ("JPN", "AUS"), ("BRA",), ("JPN", "BRA")])
def test_unanimity_asks_those_invited_by_name_or_the_whole_table(invited):
    scenario, desks, _ = live("takaichi_coalition")
    proposal = scenario.proposal.model_copy(update={"invited": invited})
    packages = score_packages(scenario.model_copy(update={"proposal": proposal}), desks)
    passing = unanimity_of_invited(packages)(packages.stances >= 1, packages.stances <= -1)
    named = {"JPN", "AUS"} & set(invited) if "ALL" not in invited else set()
    asked = named or {d.code for d in desks}
    assert passing.tolist() == [asked <= set(p.supporters) for p in all_of(packages)]


@settings(max_examples=40, deadline=None)
@given(tables(), st.sampled_from([consensus, majority, two_thirds]))
def test_the_smallest_winning_package_wins_and_nothing_more_ambitious_does(table, rule):
    packages = table[2]
    passing = rule(packages.stances >= 1, packages.stances <= -1)
    found = smallest_winning(packages, rule)
    assert found.asked == rule.__name__
    if not passing.any():
        assert found.package is None
        return
    those = [packages.describe(i) for i in np.flatnonzero(passing)]
    assert found.package in those
    assert order(found.package) == max(order(p) for p in those)


def test_any_function_of_support_and_opposition_is_a_rule():
    packages = live("takaichi_coalition")[2]

    def three_join(support, oppose):
        return support.sum(axis=0) >= 3

    found = smallest_winning(packages, three_join)
    assert found.asked == "three_join"
    assert found.package.breadth >= 3
    assert smallest_winning(packages, lambda support, oppose: np.zeros(support.shape[1], bool)).package is None


def test_where_ambition_is_equal_a_rewording_goes_before_a_deletion():
    scenario = live("takaichi_coalition")[0]
    bar = rules(desk("india"), scenario.day)[0].model_copy(update={"theme": "mutual_defence", "direction": "plus"})
    india = desk("india").model_copy(update={"red_lines": (bar,), "legal_limits": ()})
    idle = Option(id="idle", text="Nothing is said.", themes={"mutual_defence": 0.0})
    barred = Provision(id="barred", text="A pact.", themes={"mutual_defence": 1.0}, options=(idle,))
    liked = Provision(id="liked", text="Borders stand.", themes={"territorial_integrity": 1.0})
    packages = score_packages(scenario.model_copy(update={"provisions": (barred, liked)}), [india])
    supported = {tuple(p.choices.values()): p.ambition for p in all_of(packages) if p.breadth}
    assert [c for c, ambition in supported.items() if ambition > 0] == [("idle", "keep"), ("drop", "keep")]
    assert supported["idle", "keep"] == supported["drop", "keep"] == 0.5
    assert bring_in(packages, "IND").package.choices == {"barred": "idle", "liked": "keep"}


def test_of_equally_ambitious_packages_the_one_with_fewest_edits_is_taken():
    scenario, desks, _ = live("takaichi_coalition")
    idle = Option(id="idle", text="Nothing is said.", themes={"mutual_defence": 0.0})
    first = Provision(id="first", text="A pact.", themes={"mutual_defence": 1.0}, options=(idle,))
    packages = score_packages(
        scenario.model_copy(update={"provisions": (first, first.model_copy(update={"id": "second", "options": ()}))}),
        desks,
    )
    found = smallest_winning(packages, lambda support, oppose: packages.ambition == 0.5)
    assert found.package.choices == {"first": "idle", "second": "keep"}


def test_a_search_does_not_take_a_text_without_stake_for_one_that_is_supported():
    scenario = live("takaichi_coalition")[0]
    liked = desk("india").positions["territorial_integrity"].model_copy(update={"position": 1.0, "changed": ()})
    india = desk("india").model_copy(
        update={"positions": {"territorial_integrity": liked}, "red_lines": (), "legal_limits": (), "relations": {}}
    )
    option = Option(id="half", text="Half.", themes={"mutual_defence": 0.5, "territorial_integrity": 0.5})
    only = Provision(id="only", text="A pact.", themes={"mutual_defence": 1.0}, options=(option,))
    text = scenario.model_copy(update={"provisions": (only,)})
    for packages in (score_packages(text, [india]), score_packages(text, [india], limit=1)):
        found = bring_in(packages, "IND").package
        assert (found.choices, found.ambition) == ({"only": "half"}, 0.5)


def test_without_options_provisions_are_kept_or_dropped():
    scenario, desks, _ = live("takaichi_coalition")
    bare = tuple(p.model_copy(update={"options": ()}) for p in scenario.provisions)
    packages = score_packages(scenario.model_copy(update={"provisions": bare}), desks)
    assert packages.ambition.size == 2 ** len(bare) - 1
    assert {c for p in all_of(packages) for c in p.choices.values()} == {"keep", "drop"}


def test_one_provision_without_options_leaves_the_original_alone():
    scenario, desks, _ = live("takaichi_coalition")
    only = scenario.provisions[0].model_copy(update={"options": ()})
    packages = score_packages(scenario.model_copy(update={"provisions": (only,)}), desks)
    assert [p.choices for p in all_of(packages)] == [{only.id: "keep"}]
    assert len(pareto(packages).points) == 1


def test_one_country_has_a_front_of_the_original_and_its_own_price():
    scenario = live("takaichi_coalition")[0]
    packages = score_packages(scenario, [desk("india")])
    price = bring_in(packages, "IND")
    assert price.package.breadth == 1
    assert price.package.standing == 1
    assert [p.ambition for p in pareto(packages).points] == sorted({1.0, price.package.ambition}, reverse=True)


def test_contradictory_red_lines_leave_only_silence_on_their_theme():
    scenario, desks, _ = live("takaichi_coalition")
    japan = desks[scenario.seats.index("japan")]
    line = rules(japan, scenario.day)[0].model_copy(update={"theme": "mutual_defence", "min_push": 0.1})
    both = tuple(line.model_copy(update={"id": side, "direction": side}) for side in ("plus", "minus"))
    torn = japan.model_copy(update={"red_lines": both, "legal_limits": ()})
    themes = {"mutual_defence": 0.6}
    turned = Option(id="turned", text="The other way round.", themes={"mutual_defence": -0.6})
    first = scenario.provisions[0].model_copy(update={"themes": themes, "options": (turned,), "weight": 1.0})
    alone = score_packages(scenario.model_copy(update={"provisions": (first,)}), [torn])
    assert bring_in(alone, "JPN").package is None
    assert smallest_winning(alone, majority).package is None
    more = scenario.model_copy(update={"provisions": (first, *scenario.provisions[1:])})
    assert bring_in(score_packages(more, [torn]), "JPN").package.choices[first.id] == "drop"
    assert bring_in(score_packages(more, [torn], limit=20), "JPN").package.choices[first.id] == "drop"


def test_a_text_that_pushes_nothing_is_kept_whatever_is_chosen_and_relations_decide():
    scenario, desks, _ = live("takaichi_coalition")
    still = tuple(p.model_copy(update={"themes": {"mutual_defence": 0.0}}) for p in scenario.provisions)
    packages = score_packages(scenario.model_copy(update={"provisions": still}), desks)
    assert (packages.ambition == 1).all()
    kept = packages.score[:, 0]
    data = inputs(scenario, desks)
    assert kept == pytest.approx(latent(np.zeros(len(desks)), data.relations), abs=1e-6)


def test_a_country_not_at_the_table_has_no_price():
    with pytest.raises(ValueError, match="not in tuple"):
        bring_in(live("takaichi_coalition")[2], "XXX")


def test_results_survive_json():
    packages = live("critical_minerals_club")[2]
    front, price = pareto(packages), bring_in(packages, "IND")
    assert Front.model_validate_json(front.model_dump_json()) == front
    assert Cheapest.model_validate_json(price.model_dump_json()) == price
