import numpy as np
import pytest

from simulation.amendments import changes, easiest
from simulation.catalog import load_dossier, load_scenario
from simulation.stance import agreement, breaches, cap, importance, inputs, latent, substance, to_stance


def amended(scenario, provision, option):
    kept = [p for p in scenario.provisions if p.id != provision or option is not None]
    kept = [p.model_copy(update={"themes": option.themes}) if p.id == provision else p for p in kept]
    return scenario.model_copy(update={"provisions": tuple(kept)})


@pytest.mark.parametrize("name", ["takaichi_coalition", "critical_minerals_club", "autonomous_weapons_treaty"])
def test_scoring_all_changes_at_once_equals_scoring_each_amended_text(name):
    scenario = load_scenario(name)
    desks = [load_dossier(n) for n in scenario.seats]
    for dossier, row in zip(desks, changes(scenario, desks), strict=True):
        assert len(row) == sum(len(p.options) + 1 for p in scenario.provisions)
        for change in row:
            text = amended(scenario, change.provision.id, change.option)
            data = inputs(text, [dossier])
            score = latent(substance(agreement(data), importance(data)), data.relations)
            assert change.after == pytest.approx(float(score[0]), abs=1e-9)
            assert change.stance == to_stance(score, np.array([cap(breaches(dossier, text))]))[0]


def test_the_easiest_change_for_india_lifts_its_stance():
    scenario = load_scenario("takaichi_coalition")
    row = changes(scenario, [load_dossier("india")])[0]
    found = easiest(row)
    assert found.provision.id == "mutual_protection"
    assert found.stance > 0


def test_a_text_of_one_provision_offers_no_dropping(scenario):
    one = scenario.model_copy(update={"provisions": scenario.provisions[:1]})
    assert all(c.option is not None for c in changes(one, [load_dossier("japan")])[0])
