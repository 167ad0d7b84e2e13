"""Two published deliberation packages driven by a fake model that takes its time: calls and seconds, as JSON.

Run by calls.py with the Python of an environment of their own (make bench-calls makes it): they bring a hundred
packages that nothing else here needs. Each is set up at its cheapest for five speakers and three rounds, and held once
unmeasured, for its imports. Usage: peers.py [SECONDS-A-CALL [NAME]]
"""

import contextlib
import io
import json
import re
import resource
import sys
import tempfile
import threading
import time
from importlib.metadata import version
from pathlib import Path

SPEAKERS, ROUNDS = ("Japan", "China", "India", "EU", "Australia"), 3
DELAY = float(sys.argv[1]) if len(sys.argv) > 1 else 0.5


class Counter:
    """Counts calls and lets each take its time."""

    def __init__(self, delay):
        self.calls, self._delay, self._one = 0, delay, threading.Lock()

    def wait(self):
        with self._one:
            self.calls += 1
            number = self.calls
        if self._delay:
            time.sleep(self._delay)
        return number


def caucus(counter):
    """A panel in parallel, three rounds of rebuttal, a verdict. Views differ and change, so that no round is saved."""
    from caucus.backends import CallableBackend
    from caucus.engine import Analyst, Deliberation
    from caucus.record import DecisionLog

    def answer(prompt):
        number = counter.wait()
        stance = "for" if '"Japan"' in prompt.split("\n")[0] or number > len(SPEAKERS) * ROUNDS else "against"
        found = {"stance": stance, "summary": f"view {number}", "confidence": 0.5, "decision": "Go on."}
        return json.dumps(found)

    with tempfile.TemporaryDirectory() as folder:
        panel = [Analyst(name, "Speak for your country.") for name in SPEAKERS]
        log = DecisionLog(Path(folder) / "log.jsonl")
        Deliberation(CallableBackend(answer), log, panel, max_rounds=ROUNDS).run("A call for an alliance")


def concordia(counter):
    """Its smallest entities in a conversation with a fixed order, a turn each and round."""
    import numpy as np
    from concordia.environment.engines import sequential
    from concordia.language_model import language_model
    from concordia.prefabs.entity import minimal
    from concordia.prefabs.game_master import dialogic
    from concordia.prefabs.simulation import generic
    from concordia.typing import prefab

    class Fake(language_model.LanguageModel):
        def sample_text(self, prompt, **_):
            counter.wait()
            return "I support it, on conditions."

        def sample_choice(self, prompt, responses, **_):
            counter.wait()
            labels = re.findall(r"\((\w)\) No\b", prompt)  # "Is the simulation finished?"
            place = "abcdefgh".index(labels[-1]) if labels else 0
            return place, responses[place], {}

    role, instance = prefab.Role, prefab.InstanceConfig
    chair = {"name": "chair", "acting_order": "fixed"}
    seats = [instance(prefab="seat", role=role.ENTITY, params={"name": n, "goal": "answer"}) for n in SPEAKERS]
    config = prefab.Config(
        prefabs={"seat": minimal.Entity(), "chair": dialogic.GameMaster()},
        instances=[*seats, instance(prefab="chair", role=role.GAME_MASTER, params=chair)],
        default_premise="A call for an alliance is on the table.",
        default_max_steps=len(SPEAKERS) * ROUNDS,
    )
    simulation = generic.Simulation(
        config=config, model=Fake(), embedder=lambda text: np.ones(8), engine=sequential.Sequential()
    )
    with contextlib.redirect_stdout(io.StringIO()):
        simulation.play()


def main():
    rows, asked = [], sys.argv[2:] or ["caucus", "concordia"]
    for name, package, hold in (("caucus", "caucus", caucus), ("concordia", "gdm-concordia", concordia)):
        if name not in asked:
            continue
        try:
            hold(Counter(0.0))
            counter, start = Counter(DELAY), time.perf_counter()
            hold(counter)
        except Exception as error:
            rows.append({"name": name, "error": f"{type(error).__name__}: {error}"})
            continue
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        rows.append({"name": f"{name} {version(package)}", "calls": counter.calls, "seconds": seconds, "peak": peak})
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
