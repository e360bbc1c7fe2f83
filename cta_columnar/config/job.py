"""What any job of a batch system asks for: one of an array, one of Dask workers."""

from typing import Annotated

from cta_columnar.config.section import Section
from cta_columnar.options import Option


class JobConfig(Section):
    """A job, whatever is done in it."""

    stage: str
    queue: Annotated[
        str | None, Option(doc="partition or queue; null: that of the site")
    ] = None
    account: Annotated[
        str | None,
        Option(doc="account, project or accounting group; null: that of the site"),
    ] = None
    wall_time: Annotated[int, Option(unit="min", doc="of a job", ge=1)] = 240
    memory: Annotated[
        float,
        Option(unit="GB", doc="of each worker; what takes more is stopped", gt=0.3),
    ] = 2.5
    scratch: Annotated[
        str | None,
        Option(doc="folder on a disk of the node, e.g. $TMPDIR; null: the system's"),
    ] = None
    prologue: Annotated[
        tuple[str, ...],
        Option(doc="lines of shell that come first in a job, e.g. module load ..."),
    ] = ()
    directives: Annotated[
        tuple[str, ...],
        Option(doc="further lines for the batch system, without #SBATCH or the like"),
    ] = ()
    python: Annotated[
        str | None,
        Option(doc="the interpreter on the nodes; null: the path of this one"),
    ] = None
