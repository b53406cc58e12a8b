"""Starting and ending the child processes that throw-away servers consist of."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

READY_WITHIN = 20.0
POLL_EVERY = 0.01


class MissingProgram(Exception):
    """A server or browser is not installed; the message names the Debian package that brings it."""

    def __init__(self, program: str, package: str) -> None:
        super().__init__(f"{program} is not installed: make system (Debian package {package}).")


class ServerFailed(Exception):
    """A server ended or did not answer in time; the message carries the end of its log."""


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def own(path: Path, user: str | None) -> None:
    """Give ``path`` to ``user``, or leave it as it is when no other user is wanted."""
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def identity(user: str | None) -> dict[str, object]:
    """Return the keyword arguments with which ``subprocess`` runs a program as ``user``."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def start(
    command: Sequence[str],
    *,
    log: Path,
    user: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``command`` with its output appended to ``log``; it ends with this process, however that ends."""
    setpriv = shutil.which("setpriv")
    # A killed test run must leave no servers behind: the kernel tells the child when its parent is gone.
    leash = [setpriv, "--pdeathsig", "INT", "--"] if setpriv else []
    with log.open("ab") as output:
        return subprocess.Popen(  # type: ignore[call-overload]
            [*leash, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment,
            cwd="/",
            **identity(user),
        )


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until ``ready`` says so.

    Raises:
        ServerFailed: the process ended first, or READY_WITHIN seconds went by.
    """
    deadline = time.monotonic() + READY_WITHIN
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServerFailed(log.read_text(errors="replace")[-2000:])
        time.sleep(POLL_EVERY)


def descendants(pid: int) -> list[int]:
    """Return the process and all below it, parents first; empty when it is gone."""
    found = [pid]
    try:
        children = "".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    except OSError:
        return []
    for child in children.split():
        found += descendants(int(child))
    return found


def alive(pid: int) -> bool:
    """Tell whether a process still runs (one that waits to be buried does not)."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """End the process and all below it at once, as a power cut would; return when none of them runs."""
    if process.poll() is None:
        # Stopped first, so that it cannot start another child while its children are counted.
        process.send_signal(signal.SIGSTOP)
        family = descendants(process.pid)
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        while any(alive(pid) for pid in family):
            time.sleep(POLL_EVERY)
