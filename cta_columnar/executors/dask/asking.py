"""Questions to the scheduler of Dask, and what it means if it does not answer."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent import futures
from typing import Any

from cta_columnar.errors import UserError
from cta_columnar.executors.dask.clusters import Connection
from cta_columnar.executors.places import SchedulerLostError

_log = logging.getLogger(__name__)

_COUNT_EVERY_S = 5.0
_SAY_EVERY_S = 60.0


class Asking:
    """Asks the scheduler of a cluster.

    Parameters
    ----------
    connection : Connection
        To the cluster.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection, self._client = connection, connection.client
        self._counted, self._said = -_COUNT_EVERY_S, time.monotonic()

    def ask(self, question: Callable[..., Any], *about: Any, **how: Any) -> Any:  # noqa: ANN401
        """Ask something that the scheduler can only fail to answer if it is gone.

        Raises
        ------
        SchedulerLostError
            If so.
        """
        self.check()
        try:
            return question(*about, **how)
        except (OSError, asyncio.CancelledError, futures.CancelledError) as error:
            raise self.loss() from error

    def check(self) -> None:
        """Check that the scheduler is there, as far as the client knows.

        Raises
        ------
        SchedulerLostError
            If not.
        """
        if self._client.status != "running":
            raise self.loss()

    def loss(self) -> SchedulerLostError:
        """Return what is to be raised if the scheduler is gone."""
        return SchedulerLostError(
            f"the Dask scheduler at {self._client.scheduler.address} is gone"
        )

    def count_workers(self) -> int:
        """Return how many tasks can run at a time, or could some seconds ago.

        Raises
        ------
        UserError
            If there are no workers, and the batch system would have no jobs for them.
        """
        now = time.monotonic()
        if now - self._counted > _COUNT_EVERY_S:
            threads = self.ask(self._client.nthreads)
            self._connection.n_workers = sum(threads.values())
            self._counted = time.monotonic()
            failures = self._connection.failures
            if self._connection.n_workers:
                self._said = now
                # The batch system takes jobs: what it refused is asked for again.
                failures.clear()
            elif failures:
                raise UserError(f"no Dask workers: {failures[0]}")
            elif now - self._said > _SAY_EVERY_S:
                self._said = now
                _log.info("waiting for Dask workers: there are none yet")
        return self._connection.n_workers
