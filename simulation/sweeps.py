"""Many debates: a page of axes is read, its cells are held by whoever works, and what they left is read as tables.

A sweep lies in a folder named after everything it is made from, so that the same sweep begun again goes on where it
was; a kill costs the cells in hand and nothing else.
"""

from collections.abc import Callable

CELLS, MADE, SPEC, REPLIES = "cells.jsonl", "sweep.json", "spec.yaml", "replies"
Told = Callable[[int], None]
"""Told how many cells were finished."""
