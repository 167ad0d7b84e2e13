"""Who attacks and supports what: a quantitative bipolar argumentation graph, and how strong each argument ends in it.

A debate is drawn as arguments for and against provisions and answers to them, so that a reader sees what a provision
rests on and what nobody answered. It explains; no stance, merge or forecast is computed from it. Base scores are
authored, and the answers of a long debate run in circles (A rebuts B, B's author stands by it against A), so strengths
are the limit of a continuous process, which on a graph without circles is the plain evaluation from the leaves up.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from simulation.errors import CommuniqueError, InputError, unknown
from simulation.scenario import Scenario
from simulation.statement import Argument
from simulation.transcript import Transcript

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Semantics = Literal["df_quad", "quadratic_energy"]
TOLERANCE = 1e-9
"""Strengths are settled once none would move by more than this in a unit of time."""
HORIZON = 2000.0
"""Units of time after which a graph that still moves is given up."""
EVEN = 0.5
"""The base score of a provision: neither side is presumed right."""
BASE = {"limit": 0.7, "precedent": 0.6, "argument": 0.5, "condition": 0.5, "policy": 0.4}
UNSOURCED = 0.2
TOGETHER = 2**18
"""How many nodes and edges of copies of a graph are worked on at once."""
SIDE = {"for": 1, "against": -1}
TONE = {"adds": 1, "rebuts": -1}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotSettled(CommuniqueError, ArithmeticError):
    """The strengths of a graph with circles still move when the iteration ends: they swing, or creep too slowly."""


@dataclass(frozen=True)
class _Ties:
    """A graph of N nodes and E edges as arrays."""

    base: Floats
    """(N,) base scores."""
    source: Ints
    """(E,) index of the node an edge leaves."""
    target: Ints
    """(E,) index of the node it enters."""
    sign: Ints
    """(E,) 1 supports, -1 attacks."""

    def but_into(self, ends: NDArray[np.bool_]) -> "_Ties":
        """Without the edges into those of some nodes (N,) that no edge leaves; their strength is read last."""
        ends = ends & ~np.isin(np.arange(len(ends)), self.source)
        kept = ~ends[self.target]
        return _Ties(self.base, self.source[kept], self.target[kept], self.sign[kept])


def _ties(graph: nx.DiGraph) -> _Ties:
    at = {node: i for i, node in enumerate(graph)}
    wrong = [f"{n} has base {x}" for n, x in graph.nodes(data="base") if x is None or not 0 <= x <= 1]
    wrong += [f"{a} to {b} has sign {x}" for a, b, x in graph.edges(data="sign") if x not in (1, -1)]
    if wrong:
        raise InputError(f"not an argumentation graph: {wrong[0]}", "base is 0 to 1, sign is 1 or -1", "E113")
    base = np.array([score for _, score in graph.nodes(data="base")], dtype=np.float64)
    table = np.array([(at[a], at[b], sign) for a, b, sign in graph.edges(data="sign")], dtype=np.intp).reshape(-1, 3)
    return _Ties(base, table[:, 0], table[:, 1], table[:, 2])


def _df_quad(ties: _Ties, now: Floats) -> Floats:
    """(N,) probabilistic sum of the supporters' strengths less that of the attackers' (Rago et al. 2016)."""
    left = np.ones((2, len(now)))
    np.multiply.at(left, ((ties.sign > 0).astype(np.intp), ties.target), 1 - now[ties.source])
    pull: Floats = left[0] - left[1]
    return pull


def _quadratic_energy(ties: _Ties, now: Floats) -> Floats:
    """(N,) h(E) - h(-E), where E is the supporters' sum less the attackers' and h(x) = x^2 / (1 + x^2) above 0."""
    energy = np.bincount(ties.target, weights=ties.sign * now[ties.source], minlength=len(now))
    pull: Floats = energy * np.abs(energy) / (1 + energy**2)
    return pull


Pull = Callable[[_Ties, Floats], Floats]
PULLS: dict[Semantics, Pull] = {"df_quad": _df_quad, "quadratic_energy": _quadratic_energy}
"""How far a node's parents pull it, -1 to 1: the share of the way from its base score to 0 or to 1."""


def _pulled(ties: _Ties, pull: Pull, now: Floats) -> Floats:
    """(N,) where each strength belongs, given all strengths as they are now."""
    share = pull(ties, now)
    belongs: Floats = ties.base + np.where(share > 0, 1 - ties.base, ties.base) * share
    return belongs


def _settle(ties: _Ties, pull: Pull, step: float) -> tuple[Floats, NDArray[np.bool_]]:
    """(N,) the limit of ds/dt = f(s) - s from the base scores, and (N,) which strengths still move at the horizon.

    Third-order Runge-Kutta of Shu and Osher (1988): each stage averages Euler steps of length `step` <= 1, which are
    averages of strengths, so nothing leaves [0, 1]; unlike the second-order scheme it does not feed an undamped swing.
    """

    def euler(here: Floats) -> Floats:
        return step * (_pulled(ties, pull, here) - here)

    now = ties.base
    for _ in range(int(HORIZON / step)):
        move = euler(now)
        moving = np.abs(move) > TOLERANCE * step
        if not moving.any():
            break
        one = now + move
        two = now + (one - now + euler(one)) / 4
        now = now + (two - now + euler(two)) * 2 / 3
    return now, moving


def _widest(graph: nx.DiGraph) -> int:
    """The most edges that enter one node from within its own circle; 0 where there is none."""
    circle = {node: i for i, nodes in enumerate(nx.strongly_connected_components(graph)) for node in nodes}
    return max(Counter(b for a, b in graph.edges if circle[a] == circle[b]).values(), default=0)


@dataclass(frozen=True)
class _Shape:
    """How the strengths of a graph are found."""

    generations: int
    """Passes from the leaves up that end in exact strengths; 0 where arguments go in circles."""
    step: float
    """The step within which the iteration is stable where they do."""


def _shape(graph: nx.DiGraph) -> _Shape:
    if nx.is_directed_acyclic_graph(graph):
        return _Shape(sum(1 for _ in nx.topological_generations(graph)), 1.0)
    return _Shape(0, 1 / (1 + _widest(graph)))


def _limit(ties: _Ties, semantics: Semantics, shape: _Shape, names: Sequence[str]) -> Floats:
    """(N,) strengths; `names` (N,) are what `NotSettled` calls the nodes."""
    found, pull = ties.base, PULLS[semantics]
    if shape.generations or not len(found):
        for _ in range(shape.generations):
            found = _pulled(ties, pull, found)
        return found
    found, moving = _settle(ties, pull, shape.step)
    if moving.any():
        restless = ", ".join(dict.fromkeys(name for name, moves in zip(names, moving, strict=True) if moves))
        raise NotSettled(
            f"under {semantics} these strengths had not settled after {HORIZON:g} units of time, because arguments "
            f"answer one another in circles: {restless}; try the other semantics"
        )
    return found


def _without_each(ties: _Ties, gone: Sequence[int], reach: Sequence[Ints]) -> tuple[_Ties, Ints, Ints]:
    """The graph and beside it, for each node `gone`, what would be of the nodes that it reaches, were it not there.

    All others stay as they are, so that a copy takes only the ties into the nodes of `reach`, (R,) for each gone. The
    second result says of which node each is one, the third (B, N) where each node lies in each of the B cases.
    """
    size, end = len(ties.base), len(ties.base)
    place = np.tile(np.arange(size), (len(gone), 1))
    parts = [(ties.source, ties.target, ties.sign)]
    for here, node, moved in zip(place, gone, reach, strict=True):
        here[moved] = np.arange(end, end := end + len(moved))
        kept = (here[ties.target] >= size) & (ties.source != node)
        parts.append((here[ties.source[kept]], here[ties.target[kept]], ties.sign[kept]))
    source, target, sign = (np.concatenate(column) for column in zip(*parts, strict=True))
    which = np.concatenate([np.arange(size), *reach])
    return _Ties(ties.base[which], source, target, sign), which, place


def strengths(graph: nx.DiGraph, semantics: Semantics = "df_quad") -> dict[str, float]:
    """The final strength of every node, 0 to 1, in the graph's order; an empty graph has none.

    Nodes carry `base` in [0, 1], edges `sign` 1 (support) or -1 (attack). A node's base score moves toward 1 or 0 by
    the pull of its parents; without parents it stays. `df_quad` is Rago, Toni, Aurisicchio and Baroni (KR 2016);
    `quadratic_energy` is Potyka (KR 2018). Without circles the strengths are exact, one topological generation at a
    time. With circles they are the limit of Potyka's ds/dt = f(s) - s from the base scores, to `TOLERANCE`, for both
    semantics; where circles have several resting points, the one so reached. The step is 1 / (1 + the most parents a
    node has in its own circle), within which the scheme is stable. `df_quad` saturates: with many arguments on both
    sides a strength crowds round its base score, where `quadratic_energy` goes on counting. Raises `NotSettled` where
    the limit is not reached, `InputError` for a base score or sign that is missing or out of range.
    """
    found = _limit(_ties(graph), semantics, _shape(graph), [str(node) for node in graph])
    return dict(zip(graph, np.clip(found, 0, 1).tolist(), strict=True))


def base_score(argument: Argument) -> float:
    """Where an argument starts, before anybody answers it: a short table, authored and not fitted.

    Limit 0.7, precedent 0.6, argument 0.5, condition 0.5, policy (a bare position's rationale) 0.4; a kind not listed
    counts as policy, and an argument that names no document starts at 0.2 whatever its kind. The record holds the ids
    of documents, not whether somebody looked them up; a dossier's passages are checked for that (E121).
    """
    return BASE.get(argument.kind, BASE["policy"]) if argument.sources else UNSOURCED


def graph_of(record: Transcript, scenario: Scenario) -> nx.DiGraph:
    """The argumentation graph of a debate: provisions in the scenario's order, then arguments in the order spoken.

    A provision is a node of kind `provision`, base 0.5. An argument is a node with `country` (code), `round`,
    `provision`, `side`, `kind`, `claim`, `passage` (or None), `base` by `base_score`, and `answers`, how many answers
    it drew of any tone. It supports its provision (sign 1) or attacks it (-1); where an answer uses an argument of the
    speaker's own, that argument attacks (rebuts) or supports (adds) the one answered, by the latest such answer. What
    names a provision or an argument that nobody put forward draws no edge. Seats that said nothing leave nothing.
    """
    graph = nx.DiGraph()
    for provision in scenario.provisions:
        graph.add_node(provision.id, kind="provision", base=EVEN)
    for said in record.statements:
        for a in said.arguments:
            where = {"country": said.code, "round": said.round, "provision": a.provision, "side": a.side}
            what = {"kind": a.kind, "claim": a.claim, "passage": a.passage, "base": base_score(a), "answers": 0}
            graph.add_node(a.id, **where, **what)
    made = {node: data for node, data in graph.nodes(data=True) if "side" in data}
    for name, data in made.items():
        if data["provision"] in graph:
            graph.add_edge(name, data["provision"], sign=SIDE[data["side"]])
    for answer in (answer for said in record.statements for answer in said.answers if answer.argument in made):
        made[answer.argument]["answers"] += 1
        if answer.own in made and answer.own != answer.argument and answer.tone in TONE:
            graph.add_edge(answer.own, answer.argument, sign=TONE[answer.tone])
    return graph


def unanswered(graph: nx.DiGraph, side: Literal["for", "against"] | None = None) -> list[str]:
    """The arguments of a debate's graph that drew no answer of any tone, for, against or both, in the order spoken.

    Arguments of the last round are among them, since nobody had the chance: see their `round`.
    """
    sides = (side,) if side else tuple(SIDE)
    return [name for name, data in graph.nodes(data=True) if data.get("side") in sides and not data["answers"]]


def carrying(graph: nx.DiGraph, provision: str, n: int, semantics: Semantics = "df_quad") -> list[tuple[str, float]]:
    """The n arguments with most effect on a provision, largest first, ties in the graph's order.

    The effect is the provision's strength less what it would be were the argument never made, to six places: above 0
    carries it, below 0 holds it down. Arguments on other provisions that answer none on this one have none and are not
    listed. Raises `InputError` for a provision the graph has not got, `NotSettled` as `strengths` does.
    """
    if provision not in graph:
        raise unknown("provision", provision, [p for p, kind in graph.nodes(data="kind") if kind == "provision"])
    bearing = nx.ancestors(graph, provision)
    part = graph.copy()  # copies keep the order of nodes and edges, and so the last bit; views need not
    part.remove_nodes_from([node for node in graph if node not in bearing and node != provision])
    ties, shape, nodes = _ties(part), _shape(part), {node: i for i, node in enumerate(part)}
    names, at = [str(node) for node in nodes], nodes[provision]
    others = [
        (i, np.array(sorted(nodes[x] for x in nx.descendants(part, node)))) for node, i in nodes.items() if i != at
    ]
    effects, batch = [], max(1, TOGETHER // (1 + len(nodes) + len(ties.sign)))
    for some in (others[k : k + batch] for k in range(0, len(others), batch)):
        gone, reach = zip(*some, strict=True)
        beside, which, place = _without_each(ties, gone, reach)
        settled = _limit(beside.but_into(which == at), semantics, shape, [names[i] for i in which])
        found = _pulled(beside, PULLS[semantics], settled)
        effects += [
            (names[i], round(float(found[at] - found[here[at]]), 6)) for i, here in zip(gone, place, strict=True)
        ]
    return sorted(effects, key=lambda pair: -abs(pair[1]))[: max(n, 0)]


def as_json(graph: nx.DiGraph, semantics: Semantics = "df_quad") -> dict[str, Any]:
    """The graph as JSON: nodes with their attributes and `strength` to six places, edges with their sign."""
    found = strengths(graph, semantics)
    return {
        "semantics": semantics,
        "nodes": [{"id": name, **data, "strength": round(found[name], 6)} for name, data in graph.nodes(data=True)],
        "edges": [{"source": a, "target": b, "sign": sign} for a, b, sign in graph.edges(data="sign")],
    }


def as_graphml(graph: nx.DiGraph, semantics: Semantics = "df_quad") -> str:
    """The graph as GraphML text with strengths; attributes that are not a word or number, and control marks, go."""
    plain, whole = nx.DiGraph(), as_json(graph, semantics)
    for node in whole["nodes"]:
        kept = {k: v for k, v in node.items() if k != "id" and isinstance(v, bool | int | float | str)}
        plain.add_node(node["id"], **{k: _NOT_XML.sub("", v) if isinstance(v, str) else v for k, v in kept.items()})
    plain.add_edges_from((e["source"], e["target"], {"sign": e["sign"]}) for e in whole["edges"])
    return "\n".join(nx.generate_graphml(plain)) + "\n"
