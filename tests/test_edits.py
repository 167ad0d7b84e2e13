import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.catalog import load_dossier
from simulation.edits import Edit, dossier_with, read, scenario_with
from simulation.errors import InputError


def changed(scenario, *texts):
    return scenario_with(scenario, map(read, texts))


def test_a_number_a_list_and_a_word_can_be_set(scenario):
    found = changed(
        scenario, "provisions.technology.weight=0.3", "proposal.sponsors=[JPN, TWN]", "proposal.speaker.name=Somebody"
    )
    assert found.provision("technology").weight == 0.3
    assert found.proposal.sponsors == ("JPN", "TWN")
    assert found.proposal.speaker.name == "Somebody"
    assert found.provision("deterrence") == scenario.provision("deterrence")


def test_a_provision_can_be_dropped(scenario):
    found = changed(scenario, "provisions.technology=drop")
    assert [p.id for p in found.provisions] == [p.id for p in scenario.provisions if p.id != "technology"]


def test_an_option_takes_the_place_of_its_provision(scenario):
    before, found = scenario.provision("mutual_protection"), changed(scenario, "provisions.mutual_protection=consult")
    option = next(o for o in before.options if o.id == "consult")
    after = found.provision("mutual_protection")
    assert (after.text, after.themes) == (option.text, option.themes)
    assert [o.id for o in after.options] == [o.id for o in before.options if o.id != "consult"]
    assert after.weight == before.weight


def test_a_dossier_can_be_edited_and_others_stay_as_they_are():
    edits = [read("agents.india.positions.mutual_defence.salience=0.9")]
    india, japan = load_dossier("india"), load_dossier("japan")
    assert dossier_with("india", india, edits).positions["mutual_defence"].salience == 0.9
    assert dossier_with("japan", japan, edits) is japan


def test_words_of_yaml_1_2_stay_words():
    assert read("a.b=no").value == "no"
    assert read("a.b=true").value is True
    assert read("a.b=").value is None


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("provisions.mutual_protecton.weight=1", 'did you mean "mutual_protection"'),
        ("provisions.mutual_protection.weigt=1", 'did you mean "weight"'),
        ("provisions.mutual_protection=consul", 'did you mean "consult"'),
        ("provisions.mutual_protection.weight=7", "give another value"),
        ("provisions.mutual_protection.themes.mutual_defense=0.2", 'did you mean "mutual_defence"'),
        ("titel=New", 'did you mean "title"'),
        ("title.text=New", "shorten the path"),
    ],
)
def test_a_change_that_does_not_fit_says_what_would(scenario, text, cure):
    with pytest.raises(InputError) as error:
        changed(scenario, text)
    assert text in error.value.message
    assert cure in error.value.cure


@pytest.mark.parametrize("text", ["weight", "=1", "a..b=1", "agents.india=1", "a=[1", "a=&x 1", "a={b: *x}"])
def test_what_is_no_change_is_refused(text):
    with pytest.raises(InputError):
        read(text)


@given(st.text(max_size=40))
def test_any_text_is_an_edit_or_a_listed_error(text):
    with contextlib.suppress(InputError):
        assert isinstance(read(text), Edit)
