"""Serving the classroom: where it listens, what it tells the teacher, and how it stops.

It listens on this machine only unless told otherwise. Opened to a network, everybody on it can reach the door, and a
code or the teacher's link is what keeps them out.
"""

import contextlib
import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn

from simulation import databases
from simulation.addresses import Database
from simulation.classroom import keys
from simulation.classroom.app import Classroom, application
from simulation.classroom.steps import GRACE
from simulation.errors import InputError

LOCAL = ("127.0.0.1", "localhost", "::1")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # compared with what the teacher asks for


def outward() -> str:
    """The machine's address on its network, as its own routing table has it; nothing is sent. Empty where none."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return ""


def hosts(host: str, extra: tuple[str, ...] = ()) -> set[str]:
    """The names under which the server answers: its own, and no other that a page elsewhere could make up."""
    found = {*LOCAL, host, *extra}
    if host in EVERYWHERE:
        name = socket.gethostname()
        found |= {outward(), name, f"{name}.local"} - {""}
    return found - set(EVERYWHERE)


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens; raises `InputError` where that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"cannot listen on {host}, port {port}: {reason.lower()}",
            "give another --port, or a --host of this machine",
            "E180",
        ) from None
    return listening


def _local(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def greeting(host: str, address: str, link: str) -> list[str]:
    """What the terminal says when the classroom is open."""
    lines = [f"Teacher: {link}", f"Students: {address}"]
    if _local(host):
        lines.append("Only this machine can reach it. For a class on the same network: --host 0.0.0.0")
    else:
        lines += [
            "Everybody on this network can reach the door. Students need the room's code; keep the teacher's link to "
            "yourself.",
            "The pages are not encrypted: who can listen to the network can read what is written. Use the school's own "
            "network, or a phone's hotspot, and no real names.",
        ]
    return [*lines, "Stop with Ctrl-C; what was written stays in the folder and is taken up again."]


def serve(
    host: str,
    port: int,
    folder: Path,
    say: Callable[[str], None],
    *,
    scenario: str = "",
    allowed: tuple[str, ...] = (),
    grace: float = GRACE,
    database: Database | None = None,
) -> None:
    """Serve the classroom until it is stopped; `say` is told each line for the teacher, the link among them."""
    if database is not None:
        databases.check(database)
    with bound(host, port) as listening:
        shown = (outward() or "127.0.0.1") if host in EVERYWHERE else host
        at = f"http://{f'[{shown}]' if ':' in shown else shown}:{listening.getsockname()[1]}"
        secret = keys.token()
        try:
            more: Any = {"address": at, "scenario": scenario, "grace": grace, "database": database}
            app = application(folder, secret, hosts(host, allowed), **more)
            with app.house.held():
                for line in greeting(host, at, f"{at}/teach/{secret}"):
                    say(line)
                _run(app, listening)
        except OSError as error:
            message = f'"{folder}" cannot be used: {(error.strerror or str(error)).lower()}'
            raise InputError(message, "give --folder another folder", "E181") from None


def _run(app: Classroom, listening: socket.socket) -> None:
    config = uvicorn.Config(
        app, log_level="warning", timeout_graceful_shutdown=2, proxy_headers=False, server_header=False, ws="none"
    )
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])
