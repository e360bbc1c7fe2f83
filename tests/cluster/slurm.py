"""A real SLURM on the loopback: one controller, two node daemons, munge between them.

    python tests/cluster/slurm.py          installs it if it can

If there can be none here, that says why and ends with status 75; any other status but 0
is a fault of its own.
Debian's packages slurm-wlm and munge are asked for. All files lie in one folder, no
service of the machine is touched, and everything ends with the context.
"""

import os
import shutil
import signal
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
JOBS_S = 300.0

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
    folder : Path
        Of its files.
    node_daemons : dict of str to Popen
        By the name of the node.
    """

    environment: Mapping[str, str]
    folder: Path
    node_daemons: dict[str, subprocess.Popen[bytes]]

    def ask(self, *words: str) -> str:
        """Run one of its commands; return what it prints."""
        environment = {**os.environ, **self.environment}
        done = subprocess.run(
            words, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    def has(self, job: str) -> bool:
        """Whether elements of a job wait or run."""
        return job in self.ask("squeue", "--noheader", "--format=%A %F").split()

    def element_on(self, node: str) -> str:
        """Return the index of the array's element that a node runs."""
        words = ("--noheader", "--states=running", f"--nodelist={node}", "--format=%K")
        return self.ask("squeue", *words).strip()

    def cancel(self, job: str, *words: str) -> None:
        """Cancel a job, if it is there."""
        with suppress(subprocess.CalledProcessError):
            self.ask("scancel", *words, job)

    def begin_node(self, name: str) -> None:
        """Begin the daemon of a node."""
        log = self.folder / f"{name}.out"
        command = ["slurmd", "-D", "-N", name]
        self.node_daemons[name] = _begin(command, self.environment, log)

    def kill_node(self, name: str) -> None:
        """End a node as a power cut would: the daemon, and all that it has begun."""
        self.node_daemons[name].kill()
        self.node_daemons[name].wait()
        # Again, until none is left: they begin others meanwhile, and dying takes time.
        _wait(lambda: not self._kill_jobs(name), f"the end of all on node {name}")
        # The controller would notice after its SlurmdTimeout.
        self.ask("scontrol", "update", f"nodename={name}", "state=down", "reason=dead")

    def _kill_jobs(self, name: str) -> list[int]:
        found = self.processes_of(name)
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return found

    def processes_of(self, node: str) -> list[int]:
        """Return the processes of jobs on a node, and those that watch over them."""
        # Another SLURM on this machine has nodes of the same names.
        ours = {f"{name}={value}" for name, value in self.environment.items()}
        asked = {f"SLURMD_NODENAME={node}", *ours}
        found = set()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, ValueError):
                if asked.issubset(_words(process / "environ")):
                    found.add(int(process.name))
                    stat = (process / "stat").read_text().rpartition(")")[2].split()
                    if "slurmstepd" in _words(Path("/proc", stat[1], "cmdline"))[0]:
                        found.add(int(stat[1]))
        return sorted(found)

    def mend_node(self, name: str) -> None:
        """Begin a node that was killed, and wait until it takes jobs."""
        self.begin_node(name)
        _wait(lambda: self._takes_jobs(name), f"node {name}")

    def _takes_jobs(self, name: str) -> bool:
        # It says no while the daemon is not there, and if there is nothing to resume.
        with suppress(subprocess.CalledProcessError):
            self.ask("scontrol", "update", f"nodename={name}", "state=resume")
        return self._state_of(name) in ("idle", "mix", "alloc")

    def _state_of(self, name: str) -> str:
        words = ("sinfo", "--noheader", "--Node", f"--nodes={name}", "--format=%t")
        return self.ask(*words).strip()

    def wait_until_idle(self) -> None:
        """Wait until no job runs."""
        _wait(lambda: _n_idle(self) == len(NODES), "the end of all jobs", JOBS_S)


def _words(path: Path) -> list[str]:
    return path.read_text(errors="replace").split("\0")


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
        slurm = Slurm(environment, folder, {})
        stack.callback(lambda: [_end(each) for each in slurm.node_daemons.values()])
        for name in NODES:
            slurm.begin_node(name)
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
) -> Iterator[None]:
    process = _begin(command, environment, log)
    try:
        yield
    finally:
        _end(process)


def _begin(
    command: list[str], environment: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=out, stderr=out
        )


def _end(process: subprocess.Popen[bytes]) -> None:
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


def _wait(condition: object, what: str, seconds: float = START_S) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come within {seconds:g} s")
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
        print(f"not done: tests with SLURM: {reason}")
    sys.exit(os.EX_TEMPFAIL if reason else os.EX_OK)
