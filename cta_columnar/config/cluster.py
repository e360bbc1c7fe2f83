"""Where Dask workers begin as batch jobs: the file of ``--cluster``."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import model_validator

from cta_columnar.config.job import JobConfig
from cta_columnar.options import Option


class ClusterConfig(JobConfig):
    """Dask workers in batch jobs, and what such a job asks for."""

    stage: Literal["cluster"] = "cluster"
    type: Annotated[
        Literal["slurm", "htcondor", "pbs", "lsf"],
        Option(
            doc="the batch system; HTCondor has no queue, and its directives are "
            "key = value"
        ),
    ] = "slurm"
    minimum: Annotated[
        int,
        Option(doc="workers that are asked for at once and kept", ge=0, le=100_000),
    ] = 0
    maximum: Annotated[
        int,
        Option(doc="workers at most, as long as there is work", ge=1, le=100_000),
    ] = 10
    workers_per_job: Annotated[
        int,
        Option(doc="workers in a job, with one processor each", ge=1, le=1024),
    ] = 1
    memory: Annotated[
        float,
        Option(
            unit="GB",
            doc="of each worker: 0.6 are for its processes, the rest for a shard; what "
            "takes more is stopped",
            gt=0.6,
        ),
    ] = 2.5
    wall_time: Annotated[
        int,
        Option(
            unit="min",
            doc="of a job; its workers end at 85 to 95 % of it, and others go on",
            ge=2,
        ),
    ] = 240
    disk: Annotated[
        float, Option(unit="GB", doc="of a job; asked for by HTCondor only", gt=0)
    ] = 5.0
    interface: Annotated[
        str | None,
        Option(doc="network interface that all machines have, e.g. ib0; null: any"),
    ] = None
    logs: Annotated[
        str | None,
        Option(doc="folder for what jobs print; null: where the batch system does"),
    ] = None
    tls: Annotated[
        bool,
        Option(
            doc="whether scheduler and workers prove by certificates that they are of "
            "this run, and encrypt; without, whoever reaches a port can run code"
        ),
    ] = True
    dashboard: Annotated[
        str | None,
        Option(
            doc="address of Dask's dashboard, e.g. 127.0.0.1:8787; it has no password; "
            "null: none"
        ),
    ] = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(
                f"minimum: {self.minimum} is more than maximum: {self.maximum}"
            )
        if self.dashboard is not None and not _is_address(self.dashboard):
            raise ValueError(
                "dashboard: must be a host and a port of 1 to 65535, such as "
                f"127.0.0.1:8787, got {self.dashboard!r}"
            )
        if self.type == "htcondor":
            if self.queue is not None:
                raise ValueError("queue: HTCondor has none; use directives")
            if wrong := [each for each in self.directives if "=" not in each]:
                raise ValueError(
                    f"directives: those of HTCondor are key = value, got {wrong[0]!r}"
                )
        return self


def _is_address(text: str) -> bool:
    try:
        found = urlsplit(f"//{text}")
        return bool(found.netloc == text and found.hostname and found.port)
    except ValueError:
        # Of ports that are no number, or too large.
        return False
