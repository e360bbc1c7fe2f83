"""Tasks on a Dask cluster: imported only by who asks for one.

Dask decides which worker gets a task, and notices workers that are lost. The task runs
in a process of ours beside each thread of a Dask worker (`on_worker`), so that workers
go on answering their scheduler whatever the task does.
"""

from cta_columnar.executors.dask.clusters import job_script
from cta_columnar.executors.dask.executor import DaskExecutor

__all__ = ["DaskExecutor", "job_script"]
