"""Fixtures for all tests."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cta_columnar.registry import catalogue

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("CTACOL_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real data and reference values beside the checkout."""
    if not SHARED.is_dir():
        reason = f"no reference data at {SHARED}; set CTACOL_SHARED to its folder"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return SHARED


@pytest.fixture(scope="session")
def dask_scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Dask cluster of two workers, which wants certificates.

    They stand in Dask's own configuration, where clients look for them.
    """
    # Only for tests that ask: Dask takes its time to load.
    import dask.config  # noqa: PLC0415
    from dask_processes import write_certificates  # noqa: PLC0415

    from cta_columnar.executors import LocalDask  # noqa: PLC0415
    from cta_columnar.executors.dask.clusters import connect  # noqa: PLC0415

    files = write_certificates(tmp_path_factory.mktemp("certificates"))
    with (
        dask.config.set(files),
        connect(LocalDask(2)) as connection,
    ):
        yield str(connection.client.scheduler.address)


@pytest.fixture
def compared(
    record_property: Callable[[str, object], None],
) -> Callable[..., None]:
    """Tell what was compared with ctapipe: a row of docs/parity.md, count, difference.

    The rows are those of `parity_rows`; `make parity` adds up what all tests tell.
    """

    def tell(
        kind: str, name: str, quantity: str, count: int, largest: float = 0.0
    ) -> None:
        told = [kind, name, quantity, int(count), float(largest)]
        record_property("compared", told)

    return tell


@pytest.fixture
def plugins_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let go of the algorithms that a test registers in this process."""
    catalogue.load_installed()
    for name in ("_algorithms", "_aliases", "_plugins"):
        monkeypatch.setattr(catalogue, name, dict(getattr(catalogue, name)))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what compares with ctapipe, so that `make parity` finds it by its name."""
    for item in items:
        if "parity" in item.nodeid or "compared" in getattr(item, "fixturenames", ()):
            item.add_marker("parity")
