"""A real SLURM on the loopback: one controller, two node daemons, munge between them.

    python tests/cluster/slurm.py          installs it if it can, and says so if not

Debian's packages slurm-wlm and munge are asked for. All files lie in one folder, no
service of the machine is touched, and everything ends with the context.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "munged")
PACKAGES = ("slurm-wlm", "munge")
NODES = ("n1", "n2")
START_S = 60.0

CONFIG = """\
ClusterName=ctacol
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdSpoolDir={folder}/spool.%n
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmdLogFile={folder}/slurmd.%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
SlurmdTimeout=30
KillWait=5
MailProg=/bin/true
SchedulerParameters=sched_interval=1,sched_min_interval=0
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
NODE = (
    "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=1 "
    "RealMemory=4000 State=UNKNOWN"
)


@dataclass(frozen=True)
class Slurm:
    """A SLURM that runs.

    Attributes
    ----------
    environment : mapping of str to str
        Makes its commands speak to it.
    node_daemons : mapping of str to Popen
        By the name of the node.
    """

    environment: Mapping[str, str]
    node_daemons: Mapping[str, subprocess.Popen[bytes]]

    def ask(self, *words: str) -> str:
        """Run one of its commands; return what it prints."""
        environment = {**os.environ, **self.environment}
        done = subprocess.run(
            words, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout


@contextmanager
def running_slurm(folder: Path) -> Iterator[Slurm]:
    """Begin SLURM in a folder; wait until its nodes are idle.

    Raises
    ------
    TimeoutError
        If they do not become so; the logs are in the folder.
    """
    environment = {"SLURM_CONF": str(_configure(folder))}
    with ExitStack() as stack:
        munge = ["munged", "--foreground", "--force"]
        for name in ("key-file", "socket", "pid-file", "log-file", "seed-file"):
            munge.append(f"--{name}={folder}/munge.{name.partition('-')[0]}")
        stack.enter_context(_daemon(munge, {}, folder / "munged.out"))
        _wait((folder / "munge.socket").exists, "munged")
        control = ["slurmctld", "-D", "-c"]
        stack.enter_context(_daemon(control, environment, folder / "slurmctld.out"))
        daemons = {
            name: stack.enter_context(
                _daemon(
                    ["slurmd", "-D", "-N", name], environment, folder / f"{name}.out"
                )
            )
            for name in NODES
        }
        slurm = Slurm(environment, daemons)
        _wait(lambda: _n_idle(slurm) == len(NODES), "the nodes of SLURM")
        yield slurm
        with suppress(subprocess.CalledProcessError):
            slurm.ask("scancel", "--me")


def _configure(folder: Path) -> Path:
    host = socket.gethostname().partition(".")[0]
    for name in ("state", *(f"spool.{node}" for node in NODES)):
        (folder / name).mkdir(parents=True)
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    nodes = [NODE.format(name=name, host=host, port=_free_port()) for name in NODES]
    text = CONFIG.format(
        folder=folder, host=host, port=_free_port(), nodes="\n".join(nodes)
    )
    path = folder / "slurm.conf"
    path.write_text(text)
    return path


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def _daemon(
    command: list[str], environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _n_idle(slurm: Slurm) -> int:
    with suppress(subprocess.CalledProcessError):
        return slurm.ask("sinfo", "--noheader", "--Node", "--format=%t").count("idle")
    return 0


def _wait(condition: object, what: str) -> None:
    end = time.monotonic() + START_S
    while not condition():  # type: ignore[operator]
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not begin within {START_S:g} s")
        time.sleep(0.2)


def why_not() -> str:
    """Say why there can be no SLURM here; empty if there is one, perhaps now."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if not missing:
        return "" if os.geteuid() == 0 else "only root can begin its daemons"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return f"there is no {missing[0]}, and only root installs it, with apt-get"
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *PACKAGES]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update"], env=environment, check=False)
    done = subprocess.run(install, env=environment, check=False)
    return "its packages could not be installed" if done.returncode else ""


if __name__ == "__main__":
    reason = why_not()
    if reason:
        print(f"no SLURM, so nothing is tested with it: {reason}")
    sys.exit(bool(reason))
