"""What a job array asks a batch system for: the file of ``--batch``."""

from typing import Annotated, Literal

from cta_columnar.config.section import Section
from cta_columnar.options import Option


class BatchConfig(Section):
    """A job array, and what each of its elements asks for."""

    stage: Literal["batch"] = "batch"
    queue: Annotated[str | None, Option(doc="partition; null: that of the site")] = None
    account: Annotated[str | None, Option(doc="account; null: that of the site")] = None
    wall_time: Annotated[int, Option(unit="min", doc="of an element", ge=1)] = 240
    memory: Annotated[float, Option(unit="GB", doc="of each worker", gt=0.3)] = 2.5
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
    prologue: Annotated[
        tuple[str, ...],
        Option(doc="lines of shell that come first, e.g. module load ..."),
    ] = ()
    directives: Annotated[
        tuple[str, ...], Option(doc="further lines for sbatch, without #SBATCH")
    ] = ()
    python: Annotated[
        str | None,
        Option(doc="the interpreter on the nodes; null: the path of this one"),
    ] = None
