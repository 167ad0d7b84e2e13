"""What fuzzing found, one test a case: inputs that once broke something, given as a user gives them."""

import json
from pathlib import Path

import pytest
from classes import Served, form
from doubles import SETTINGS, AgreeableCaller

from simulation.belonging import foreign
from simulation.catalog import files, load_scenario
from simulation.errors import InputError
from simulation.folders import LAUNCH, SAID
from simulation.launches import launch, resume
from simulation.plans import plan
from simulation.runs import run
from simulation.verification import trusting

BELL = "\x07"


@pytest.fixture
def record(communique, tmp_path):
    """A stored run without its reports, and a way to change its record."""
    communique("run", "takaichi_coalition", "--rounds", "1", "--countries", "japan,china")
    folder = next((tmp_path / "runs").iterdir())
    data = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    for path in folder.iterdir():
        path.unlink()

    def write(change) -> Path:
        change(data)
        (folder / "run.json").write_text(json.dumps(data), encoding="utf-8")
        return folder

    return write


@pytest.fixture
def begun(tmp_path):
    """The folder of a run that a model was asked for, as it lies before it is finished."""
    scenario = load_scenario("takaichi_coalition").model_copy(update={"engines": {"default": "chat_model"}})
    caller = AgreeableCaller.of()
    folder = launch(plan(scenario, rounds=1, settings=SETTINGS), lambda *_: caller, tmp_path, lambda run: {}).folder
    (folder / "run.json").unlink()
    return folder


@pytest.mark.parametrize("new", ['version: "a\\e[31m"', '"\\e[31m": 1'])
def test_an_error_shows_what_would_steer_the_terminal_by_its_number(communique, scenario_file, new):
    found = communique("check", str(scenario_file(("version: 1", new))))
    assert found.status == 2
    assert "a control character, U+001B" in found.err
    assert "\x1b" not in found.err


def test_words_on_the_command_line_do_not_steer_the_terminal_either(communique):
    for words in (("run", f"{BELL}x"), (f"{BELL}x",), ("run", "takaichi_coalition", f"--{BELL}")):
        found = communique(*words)
        assert found.status == 2
        assert BELL not in found.err
        assert "\\x07" in found.err


@pytest.mark.parametrize("words", [("compare", "x" * 300), ("verify", "x" * 300), ("run", f"{'x' * 300}.yaml")])
def test_a_name_longer_than_any_files_is_an_error(communique, words):
    found = communique(*words)
    assert found.status == 2
    assert found.err.startswith("error[E1")


@pytest.mark.parametrize(
    ("odd", "code"), [("\\e[31m", "E106"), ("\\0", "E106"), ("\\u009b", "E106"), ("\\r", "E197"), ("\\uffff", "E197")]
)
def test_a_text_with_control_characters_is_refused_with_its_line(communique, scenario_file, odd, code):
    path = scenario_file(("title: Takaichi's call for a quasi-security alliance", f'title: "a call{odd}"'))
    found = communique("run", str(path))
    assert found.status == 2
    assert f"error[{code}]: " in found.err
    assert " --> mine.yaml:3:8" in found.err


def test_a_date_in_other_digits_is_no_date(communique, scenario_file):
    found = communique("run", str(scenario_file(("date: 2025-04-28", "date: ２０２５-０４-２８"))))
    assert found.status == 2
    assert "error[E114]" in found.err


@pytest.mark.parametrize("key", ["²", "-1", "9" * 5000, "٠"])
def test_a_number_in_a_path_that_is_none_is_an_error(communique, key):
    found = communique("what-if", "takaichi_coalition", "--set", f"proposal.sources.{key}.title=x")
    assert found.status == 2
    assert found.err.startswith("error[E129]")


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("made", " "),
        ("made", {}),
        ("engines", {"japan": None, "china": "dossier"}),
        ("inputs", [["a"]]),
        ("edits", [5]),
    ],
)
def test_a_record_whose_plan_is_of_the_wrong_sort_is_no_run(communique, record, part, value):
    folder = record(lambda data: data.update({part: value}))
    for words in (("verify",), ("export",), ("replay",), ("fork", "--set", "debate.seed=3")):
        found = communique(words[0], str(folder), *words[1:])
        assert found.status == 2
        assert found.err.startswith("error[E127]")


def test_an_export_of_a_record_that_contradicts_itself_says_where(communique, record):
    def invent(data):
        data["transcript"]["statements"][0]["arguments"][0]["sources"] = ["a_paper_of_2031"]

    folder = record(invent)
    found = communique("export", str(folder), "--format", "html")
    assert found.status == 2
    assert found.err.startswith("error[E198]")
    assert 'cites "a_paper_of_2031", which its dossier does not hold' in found.err
    assert "communique verify" in found.err


def test_a_bug_of_ours_is_not_blamed_on_a_sound_record(record):
    folder = record(lambda data: None)
    with pytest.raises(ZeroDivisionError), trusting(folder):
        raise ZeroDivisionError


@pytest.mark.parametrize("line", ["null", "5", "{}", '{"statement": 1}', '{"gap": null}', '[["statement"]]'])
def test_a_line_that_is_no_statement_is_named_and_not_passed_over(begun, line):
    (begun / SAID).write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"statements.jsonl: line 1 holds no statement") as refused:
        resume(begun, None, lambda run: {})
    assert refused.value.code == "E140"


def moved(said, part, value):
    """A statement in which one thing is another, wherever it stands first."""
    text = json.dumps(said, ensure_ascii=False)
    old = next(v for k, v in fields(said) if k == part)
    return json.loads(text.replace(json.dumps(old, ensure_ascii=False), json.dumps(value), 1))


def fields(data):
    """Every text of a statement with the name of its field."""
    for key, value in data.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield from fields(each)
            elif isinstance(each, str):
                yield key, each


@pytest.mark.parametrize(
    ("part", "value", "says"),
    [
        ("country", "atlantis", "JPN-1 of atlantis is no turn of this debate"),
        ("code", "PJN", "PJN-1 of japan is no turn of this debate"),
        ("id", "JPN-7", "JPN-1 goes by the name of JPN-7"),
        ("sources", "a_paper_of_2031", 'JPN-1 names "a_paper_of_2031" as sources, which is not there'),
        ("provision", "the_moon", 'JPN-1 names "the_moon" as provision, which is not there'),
    ],
)
def test_a_statement_that_names_what_is_not_there_is_not_taken_into_a_debate(begun, takaichi, part, value, says):
    said = takaichi.transcript.of("JPN")[0].model_dump(mode="json")
    (begun / SAID).write_text(json.dumps({"statement": moved(said, part, value)}) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        resume(begun, None, lambda run: {})
    assert refused.value.code == "E140"
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda said: said["views"].pop(), "does not take a position on every provision"),
        (lambda said: said.update(round=9, id="JPN-9"), "JPN-9 of japan is no turn of this debate"),
        (
            lambda said: said.update(
                turning={"before": 1, "after": 2, "provision": "mutual_protection", "because": "X-1"}
            ),
            'names "X-1" as because',
        ),
    ],
)
def test_a_statement_of_another_debate_is_not_taken_into_this_one(begun, takaichi, change, says):
    said = takaichi.transcript.of("JPN")[0].model_dump(mode="json")
    change(said)
    (begun / SAID).write_text(json.dumps({"statement": said}) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        resume(begun, None, lambda run: {})
    assert refused.value.code == "E140"
    assert says in str(refused.value)


def seated_by(folder, engines):
    """Write other engines into a launch, and go on with it; the error."""
    path = folder / LAUNCH
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "engines": engines}), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        resume(folder, None, lambda run: {})
    return refused.value


def test_an_engine_that_is_not_there_is_named_and_nothing_is_imported(begun):
    known = json.loads((begun / LAUNCH).read_text(encoding="utf-8"))["engines"]
    error = seated_by(begun, {**known, "japan": "cha9_model"})
    assert error.code == "E124"
    assert "cha9_model" in str(error)


def test_a_room_for_no_scenario_is_refused_and_keeps_the_text_that_was_pasted(tmp_path):
    with Served(tmp_path / "rooms") as school:
        teacher = school.teacher()
        home = form(teacher.get("/teacher").text, "/teacher/prepare")
        setup = form(teacher.post(home, scenario="takaichi_coalition", text="").text, "/teacher/open")
        refused = teacher.post(setup, rounds="2", scenario="", text="title: [half a scenario")
        assert refused.status_code == 422
        assert "half a scenario" in refused.text


@pytest.mark.parametrize(
    "engines", [{"japan": None, "china": "chat_model"}, {"china": "chat_model"}, "dossier", [["japan"]]]
)
def test_a_launch_without_an_engine_for_each_seat_is_no_plan(begun, engines):
    error = seated_by(begun, engines)
    assert error.code == "E127"
    assert "does not hold a plan" in str(error)


def test_a_number_with_thousands_of_digits_is_refused_in_a_form(tmp_path):
    with Served(tmp_path / "rooms") as school:
        teacher = school.teacher()
        teacher.open()
        assert teacher.do("event", text="A storm.", round="9" * 5000).status_code == 422
        assert teacher.do("event", text="A storm.", round="٢").status_code == 422
        refused = None
        try:
            teacher.open(rounds="000002" + "0" * 5000)
        except AssertionError as error:
            refused = str(error)
        assert refused is not None
        assert "the number of rounds is a whole number from 1 to 6" in refused


@pytest.mark.parametrize("name", sorted(n for n, p in files("scenarios").items() if p.parent.name != "history"))
def test_everything_that_desks_say_belongs_to_their_debate(name):
    held = run(name, rounds=4)
    assert foreign([*held.transcript.statements, *held.transcript.gaps], held.scenario, held.seats) is None
