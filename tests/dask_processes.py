"""A Dask scheduler and its workers as processes, which a test may kill."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path(__file__).parent


def write_certificates(folder):
    """Write certificates for a test; return what Dask's configuration says of them."""
    # Not above: what begins processes, or waits for them, does without Dask.
    from distributed.security import Security  # noqa: PLC0415

    made = Security.temporary().get_tls_config_for_role("client")
    files = {name: folder / f"{name}.pem" for name in ("ca_file", "cert", "key")}
    for name, path in files.items():
        path.write_text(made[name])
    keys = {"ca-file": files["ca_file"]} | {
        f"{role}.{name}": files[name]
        for role in ("client", "scheduler", "worker")
        for name in ("cert", "key")
    }
    return {f"distributed.comm.tls.{key}": str(path) for key, path in keys.items()}


@dataclass
class OwnCluster:
    """A scheduler that runs, and its workers; more may be added."""

    file: Path
    scheduler: subprocess.Popen
    workers: list = field(default_factory=list)

    @property
    def address(self):
        return json.loads(self.file.read_text())["address"]

    def add_worker(self):
        self.workers.append(
            _begin("worker", "--nthreads", "1", "--no-nanny", *_where(self.file))
        )


@contextmanager
def own_cluster(folder, n_workers=1):
    """Begin a scheduler and workers; end all of them."""
    file = folder / "scheduler.json"
    file.unlink(missing_ok=True)
    cluster = OwnCluster(file, _begin("scheduler", "--port", "0", *_where(file)))
    try:
        for _ in range(n_workers):
            cluster.add_worker()
        # Its last character is written last.
        wait_for(lambda: file.exists() and file.read_text().endswith("}"), 60)
        yield cluster
    finally:
        for process in (cluster.scheduler, *cluster.workers):
            process.kill()
            process.wait()


def _where(file):
    return ["--scheduler-file", str(file), "--no-dashboard"]


def _begin(program, *words):
    path = f"{TESTS}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{program}", *words],
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": path},
    )


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
