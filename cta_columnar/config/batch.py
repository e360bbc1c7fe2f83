"""What a job array asks a batch system for: the file of ``--batch``."""

from typing import Annotated, Literal

from cta_columnar.config.job import JobConfig
from cta_columnar.options import Option


class BatchConfig(JobConfig):
    """A job array, and what each of its elements asks for."""

    stage: Literal["batch"] = "batch"
    workers: Annotated[
        int,
        Option(doc="processes of an element, with one processor each", ge=1, le=1024),
    ] = 1
    max_elements: Annotated[
        int,
        Option(doc="elements at most: MaxArraySize of SLURM, or less", ge=1),
    ] = 1000
    at_once: Annotated[
        int | None, Option(doc="elements that run at a time; null: any number", ge=1)
    ] = None
    warn_before: Annotated[
        int,
        Option(
            unit="s",
            doc="before the end of the wall time no shard is begun any more",
            ge=0,
        ),
    ] = 300
    scratch: Annotated[
        str | None,
        Option(
            doc="folder on a disk of the node, e.g. $TMPDIR: drafts and compiled code "
            "lie there; null: in the output and below the home folder"
        ),
    ] = None
