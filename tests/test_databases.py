"""PostgreSQL in place of SQLite, against a real server: run by make test-database.

What needs no server runs with every other test.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from classes import ROOT, Process, Served, until
from hostile import says
from test_launches import SEATS, _recorded, asking, folder_of, prompts, server  # noqa: F401  # a fixture
from test_seats import COMMAND

from simulation.addresses import named
from simulation.classroom.drivers import Unkept, driver
from simulation.classroom.store import Store
from simulation.records import load

SECRET = "s3cr3t"
NOBODY = "postgresql://me@127.0.0.1:1/name"
TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:a/{SECRET}@host/name",
        f"postgresql://me:a@{SECRET}@host/name",
        f"postgresql://me:{SECRET}/name",
        f"postgresql://me:{SECRET}%zz@host/name",
        f"postgresql://me:12/{SECRET}@host",
        f"postgresql://me@host/name?pasword={SECRET}",
        f"mysql://me:{SECRET}@host/name",
        SECRET,
    ],
)
def test_an_address_that_cannot_be_read_is_refused_without_repeating_any_of_it(communique, monkeypatch, url):
    monkeypatch.setenv("COMMUNIQUE_DATABASE", url)
    said = communique("run", "takaichi_coalition")
    assert said.status == 2
    assert "E193" in said.err
    assert SECRET not in said.err + said.out


@pytest.mark.parametrize("where", [f"me:{SECRET}@host/name", f"me@host/name?password={SECRET}"])
def test_a_password_on_the_command_line_is_refused_and_taken_from_the_environment(communique, monkeypatch, where):
    said = communique("resume", "latest", "--database", f"postgresql://{where}")
    assert said.status == 2
    assert "COMMUNIQUE_DATABASE" in said.err
    assert SECRET not in said.err + said.out
    monkeypatch.setenv("COMMUNIQUE_DATABASE", f"postgresql://{where}")
    assert "E126" in communique("resume", "latest").err


def test_an_address_is_shown_without_its_password_and_options():
    found = named(f"postgresql://me:{SECRET}@[::1]:5433/name?sslmode=require")
    assert found.shown == "postgresql://me@[::1]:5433/name"
    assert SECRET not in repr(found)
    assert found.again == ""


def test_an_address_from_the_command_line_stands_in_the_command_that_goes_on():
    assert named(f"{NOBODY}?sslmode=require", typed=True).again == f" --database '{NOBODY}?sslmode=require'"


@pytest.mark.parametrize("command", ["run takaichi_coalition", "resume latest", "classroom"])
def test_a_missing_package_is_named_with_the_line_that_installs_it(command):
    words = [*command.split(), "--database", NOBODY]
    program = f"import sys; sys.modules['psycopg'] = None; from simulation.cli import main; main({words!r})"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "E194" in done.stderr
    assert 'pip install "communique[postgres]"' in done.stderr


def test_a_database_that_does_not_answer_is_named_and_nothing_is_begun(communique, server, tmp_path):  # noqa: F811
    said = communique(*asking(server, "--database", NOBODY))
    assert said.status == 3
    assert "E195" in said.err
    assert f"{NOBODY} cannot be reached" in said.err
    assert not server.seen
    assert not (tmp_path / "runs").exists()
    said = communique("classroom", "--port", "0", "--database", NOBODY)
    assert said.status == 3
    assert "E195" in said.err


@pytest.fixture
def kept(postgres, monkeypatch):
    """An empty database that the commands find in the environment; its name."""
    name = postgres.made()
    monkeypatch.setenv("COMMUNIQUE_DATABASE", postgres.url(name))
    return name


def left(postgres, name):
    """Rows of checkpoints in a database."""
    return [postgres.ask(f"select count(*) from {table}", name)[0][0] for table in TABLES]


@pytest.mark.database
def test_a_run_keeps_its_checkpoints_in_the_database_while_it_lasts(
    communique, server, postgres, kept, tmp_path  # noqa: F811
):  # fmt: skip
    seen = []

    def choose(request):
        if "Round 2 of" in request.prompt:
            (folder,) = (tmp_path / "runs").iterdir()
            seen.append((postgres.ask("select distinct thread_id from checkpoints", kept), folder.name))
            assert not list(folder.glob("*.sqlite"))

    server.choose = choose
    said = communique(*asking(server))
    assert said.status == 0, said.err
    assert {(rows[0][0], len(rows)) for rows, _ in seen} == {(name, 1) for _, name in seen}
    assert left(postgres, kept) == [0, 0, 0]
    assert len(prompts(server)) == len(SEATS) * 2
    for path in folder_of(said, tmp_path).iterdir():
        assert postgres.password.encode() not in path.read_bytes(), path.name
    assert postgres.password not in said.out + said.err


@pytest.mark.database
def test_the_record_is_the_same_as_with_a_file(communique, server, postgres, kept, monkeypatch, tmp_path):  # noqa: F811
    one = load(folder_of(communique(*asking(server)), tmp_path)).record()
    monkeypatch.delenv("COMMUNIQUE_DATABASE")
    time.sleep(1.1)
    two = load(folder_of(communique(*asking(server)), tmp_path)).record()
    assert {**one, "made": None} == {**two, "made": None}


def begun(server, runs, tmp_path, until_asked, *more):  # noqa: F811
    """A run in a process of its own, once it has asked so often."""
    words = [*COMMAND, *asking(server, "--out", str(runs), "--timeout", "30", *more, rounds=3), "-q"]
    with (tmp_path / "said.txt").open("w") as said:
        process = subprocess.Popen(words, cwd=tmp_path, stdout=said, stderr=said)
    until(lambda: len(server.seen) >= until_asked or process.poll() is not None)
    return process


def finished(communique, server, folder):  # noqa: F811
    """The run goes on to its end; nothing that was recorded is asked again."""
    recorded = _recorded(folder, server)
    assert recorded
    server.seen[:] = [seen for seen in server.seen if seen.prompt in recorded]
    said = communique("resume", str(folder), "--timeout", "30")
    assert said.status == 0, said.err
    assert len(server.seen) == len(set(prompts(server))) == len(SEATS) * 3
    assert len(load(folder).transcript.statements) == len(SEATS) * 3
    assert communique("verify", str(folder)).status == 0


def in_round_2(model, folder):
    """A run whose second round takes its time; the process."""
    model.choose = lambda seen: says(model.reply(seen), delay=0.1 if len(model.seen) <= len(SEATS) else 2.0)
    return begun(model, folder / "runs", folder, 4)


@pytest.mark.database
def test_a_run_killed_in_round_2_goes_on_and_repeats_no_finished_call(
    communique, server, postgres, kept, tmp_path  # noqa: F811
):  # fmt: skip
    server.choose = lambda seen: says(server.reply(seen), delay=0.2 * (1 + server.seen.index(seen) % 3))
    process = begun(server, tmp_path / "runs", tmp_path, 5)
    title = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert postgres.password.encode() not in title
    (folder,) = (tmp_path / "runs").iterdir()
    assert postgres.ask("select distinct thread_id from checkpoints", kept) == [(folder.name,)]
    server.choose = lambda seen: None
    finished(communique, server, folder)
    assert left(postgres, kept) == [0, 0, 0]


@pytest.mark.database
def test_a_server_that_stops_in_the_middle_loses_nothing_finished(
    communique, server, postgres, kept, tmp_path  # noqa: F811
):  # fmt: skip
    process = in_round_2(server, tmp_path)
    postgres.stop()
    try:
        assert process.wait(120) == 3, (tmp_path / "said.txt").read_text("utf-8")
        said = (tmp_path / "said.txt").read_text("utf-8")
        (folder,) = (tmp_path / "runs").iterdir()
        assert "E195" in said
        assert f"communique resume {tmp_path / 'runs' / folder.name}" in said
        assert "Traceback" not in said
        assert postgres.password not in said
        assert communique("resume", str(folder)).status == 3
    finally:
        postgres.start()
    server.choose = lambda seen: None
    finished(communique, server, folder)
    assert left(postgres, kept) == [0, 0, 0]


@pytest.mark.database
def test_two_processes_do_not_work_on_one_run_even_from_two_folders(
    communique, server, postgres, kept, tmp_path  # noqa: F811
):  # fmt: skip
    process = in_round_2(server, tmp_path)
    (folder,) = (tmp_path / "runs").iterdir()
    other = tmp_path / "elsewhere" / folder.name
    other.mkdir(parents=True)
    for name in ("launch.json", "replies.jsonl", "statements.jsonl"):
        (other / name).write_bytes((folder / name).read_bytes())
    process.send_signal(signal.SIGSTOP)
    said = communique("resume", str(other))
    process.send_signal(signal.SIGCONT)
    assert said.status == 2
    assert "E141" in said.err
    assert process.wait(120) == 0


@pytest.mark.database
def test_many_first_runs_make_the_tables_once(server, postgres, kept, tmp_path):  # noqa: F811
    many = [begun(server, tmp_path / "runs", tmp_path, 0, "--seed", str(k)) for k in range(3)]
    assert [process.wait(120) for process in many] == [0, 0, 0], (tmp_path / "said.txt").read_text("utf-8")


@pytest.mark.database
@pytest.mark.parametrize(
    ("change", "status", "code", "words"),
    [
        ({"password": SECRET}, 3, "E195", "refuses the login"),
        ({"user": "nobody_here"}, 3, "E195", "refuses the login"),
        ({"name": "not_there"}, 2, "E195", "createdb"),
        ({"user": "guest", "password": "guest"}, 2, "E196", "grant create"),
    ],
)
def test_a_database_that_lets_nobody_in_says_why(
    communique, server, postgres, kept, monkeypatch, change, status, code, words  # noqa: F811
):  # fmt: skip
    if change.get("user") == "guest":
        postgres.ask("drop role if exists guest")
        postgres.ask("create role guest login password 'guest'")
    monkeypatch.setenv("COMMUNIQUE_DATABASE", postgres.url(**{"name": kept, **change}))
    for command in (asking(server), ("classroom", "--port", "0")):
        said = communique(*command)
        assert said.status == status, said.err
        assert code in said.err
        assert words in said.err
        assert postgres.password not in said.err
        assert SECRET not in said.err
    assert not server.seen


@pytest.mark.database
def test_tables_of_a_later_version_and_text_that_is_no_utf_8_are_refused(
    communique, server, postgres, kept, monkeypatch  # noqa: F811
):  # fmt: skip
    assert communique(*asking(server)).status == 0
    postgres.ask("insert into checkpoint_migrations values (999)", kept)
    said = communique(*asking(server))
    assert said.status == 2
    assert "E196" in said.err
    assert "later version" in said.err
    latin = postgres.made("encoding latin1 locale 'C' template template0")
    monkeypatch.setenv("COMMUNIQUE_DATABASE", postgres.url(latin))
    said = communique(*asking(server))
    assert said.status == 2
    assert "UTF8" in said.err


@pytest.fixture
def rooms(postgres):
    """An empty database for a classroom."""
    return named(postgres.url(postgres.made()))


def schemas(postgres, rooms):
    return postgres.ask("select nspname from pg_namespace where nspname like 'communique%'", rooms.name)


@pytest.mark.database
def test_a_database_that_stops_in_the_middle_of_a_lesson_loses_nothing_that_was_kept(postgres, rooms, tmp_path):
    with Served(tmp_path / "rooms", database=rooms) as school:
        teacher, ann = school.teacher(), school.pupil()
        ann.join(teacher.open(rounds="1"), "india")
        for _ in range(3):
            teacher.next()
        paper = ann.paper
        assert ann.save(**ann.written(headline="Saved before the database stopped.")).status_code == 204
        postgres.stop()
        try:
            refused = ann.http.post("/seat/save", data={**paper.values, "headline": "Lost."})
            assert refused.status_code == 507
            assert "database of the server does not answer. What you wrote stays in your browser" in refused.text
            assert ann.get("/seat").status_code == 507
            assert postgres.password not in refused.text
        finally:
            postgres.start()
        until(lambda: ann.get("/seat").status_code == 200)
        assert ann.paper.values["headline"] == "Saved before the database stopped."
        assert ann.write(headline="Sent after it came back.").status_code == 200
        teacher.next()
        assert "Sent after it came back." in ann.page


@pytest.mark.database
def test_a_round_that_is_heard_while_the_database_is_away_is_taken_up_when_it_is_back(
    postgres, rooms, tmp_path, monkeypatch
):
    with Served(tmp_path / "rooms", database=rooms) as school:
        teacher, ann = school.teacher(), school.pupil()
        ann.join(teacher.open(rounds="1"), "india")
        for _ in range(3):
            teacher.next()
        ann.write()
        room = school.house.rooms[teacher.room]
        answer = room.table.answer

        def without(answers):
            postgres.stop()
            answer(answers)

        monkeypatch.setattr(room.table, "answer", without)
        try:
            teacher.do("next")
            teacher.do("now")
            until(lambda: room.table.complete(1))
            time.sleep(0.5)
            assert room.state.stage == "write"
        finally:
            postgres.start()
        until(lambda: room.state.stage == "hear")


@pytest.mark.database
def test_two_servers_at_one_database_keep_to_their_own_rooms(postgres, rooms, tmp_path):
    with Served(tmp_path / "one", database=rooms) as one, Served(tmp_path / "two", database=rooms) as two:
        first, second = one.teacher(), two.teacher()
        ann, eve = one.pupil(), two.pupil()
        ann.join(first.open(), "india")
        eve.join(second.open(), "japan")
        assert len(schemas(postgres, rooms)) == 2
        assert [len(r.students()) for s in (one, two) for r in s.house.rooms.values()] == [1, 1]
    with Served(tmp_path / "one", database=rooms) as one:
        assert list(one.house.rooms) == [first.room]
        (tmp_path / "three" / first.room).mkdir(parents=True)
        with Served(tmp_path / "three", database=rooms) as three:
            assert not three.house.rooms
            assert first.room in three.teacher().get("/teacher").text


@pytest.mark.database
def test_a_server_that_lost_its_room_to_another_writes_no_more(postgres, rooms, tmp_path):
    folder = tmp_path / "room"
    one = Store(driver(folder, rooms))
    one.open("{}", "first", "opened", 0.0)
    postgres.ask("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()", rooms.name)
    two = Store(driver(folder, rooms))
    with pytest.raises(Unkept):
        one.save("from the first")
    two.save("from the second")
    two.close()
    time.sleep(2)
    with pytest.raises(Unkept):
        one.save("from the first, with nobody there")
    one.close()
    three = Store(driver(folder, rooms))
    assert three.found() == ("{}", "from the second")
    three.close()


@pytest.mark.database
def test_a_deleted_student_is_in_no_table_and_a_deleted_room_in_no_schema(postgres, rooms, tmp_path):
    word = "unforgettable"
    store = Store(driver(tmp_path / "room", rooms))
    student = store.admit("Ann", "india", "s", "r", 0.0)
    store.draft(student, "vote", {"reason": word * 3}, 1, 0.0)
    stored = lambda: b"".join(p.read_bytes() for p in (postgres.data / "base").rglob("*") if p.is_file())  # noqa: E731
    postgres.ask("checkpoint")
    assert word.encode() in stored()
    store.remove(student)
    postgres.ask("checkpoint")
    assert word.encode() not in stored()
    store.erase()
    assert schemas(postgres, rooms) == []


@pytest.mark.database
def test_a_room_of_another_version_is_named_and_left_alone(postgres, rooms, tmp_path):
    store = Store(driver(tmp_path / "rooms" / "old", rooms))
    store.close()
    (tmp_path / "rooms" / "old").mkdir(parents=True)
    postgres.ask("comment on schema communique_old is 'communique room, version 9'", rooms.name)
    with Served(tmp_path / "rooms", database=rooms) as school:
        assert school.house.unreadable == ["old"]
        assert school.teacher().open()


@pytest.mark.database
def test_the_classroom_by_its_command_keeps_its_rooms_in_the_database(postgres, rooms, tmp_path, communique):
    room = Process(tmp_path / "rooms", "--undo", "0", database=rooms).start()
    try:
        options = ["--students", "6", "--rounds", "1", "--pace", "0.2", "--scenario", "takaichi_coalition"]
        done = communique("classroom", "bots", *options, "--teacher", room.base + room.link)
        assert done.status == 0, done.out + done.err
    finally:
        assert room.stop() == 0
    ((schema,),) = schemas(postgres, rooms)
    assert postgres.ask(f'select count(*) from "{schema}".student', rooms.name) == [(6,)]
    kept = [p for p in (tmp_path / "rooms").rglob("*") if p.is_file()]
    assert not [p for p in kept if p.name.startswith("room.sqlite")]
    assert not [p for p in kept if postgres.password.encode() in p.read_bytes()]
