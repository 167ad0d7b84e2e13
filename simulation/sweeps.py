"""Many debates: a page of axes is read, its cells are held by whoever works, and what they left is read as tables.

A sweep lies in a folder named after everything it is made from, so that the same sweep begun again goes on where it
was; a kill costs the cells in hand and nothing else.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from simulation import cells, records
from simulation.calls import Caller, Hearing, LimitReached, Reply, Request
from simulation.cassettes import Cassette, Recorder
from simulation.catalog import shown
from simulation.cells import Grid
from simulation.documents import Document, parse, read
from simulation.errors import InputError, Interrupted
from simulation.folders import as_text, place
from simulation.frames import to_frame
from simulation.gates import admitted
from simulation.grids import Sweep
from simulation.journals import Journal
from simulation.launches import Connect
from simulation.plans import FORMAT, digests, made_now
from simulation.waiting import wait
from simulation.workers import LONG_ENOUGH, Chunk, executor

CELLS, MADE, SPEC, REPLIES = "cells.jsonl", "sweep.json", "spec.yaml", "replies"
Told = Callable[[int], None]
"""Told how many cells were finished."""
