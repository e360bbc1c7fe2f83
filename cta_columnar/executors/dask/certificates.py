"""Certificates by which client, scheduler and workers of Dask know each other."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import dask.config
from distributed.security import Security

from cta_columnar.errors import UserError
from cta_columnar.executors.places import BatchJobs

_TLS = "distributed.comm.tls"
_REQUIRED = "distributed.comm.require-encryption"
# By it sites hand out certificates in ways of their own.
_LOADER = "distributed.client.security-loader"
_ROLES = ("client", "scheduler", "worker")


def check_known(address: str) -> None:
    """Check that Dask's own configuration has certificates, if a scheduler wants them.

    Raises
    ------
    UserError
        If not. Dask itself says it late, and goes on trying.
    """
    is_known = _has_certificates("client") or dask.config.get(_LOADER, None)
    if address.startswith("tls://") and not is_known:
        raise UserError(
            f"no certificates are known for {address}: set {_TLS}.ca-file, "
            ".client.cert and .client.key in Dask's own configuration, or "
            "DASK_DISTRIBUTED__COMM__TLS__CA_FILE and so on"
        )


def own_security() -> Security:
    """Return the certificates of Dask's own configuration, or some for this run."""
    return Security() if _has_certificates(*_ROLES) else _temporary()


@contextmanager
def shared_security(jobs: BatchJobs) -> Iterator[Security | None]:
    """Return the same as files that all machines see, and their user alone can read.

    None if the jobs are to do without.

    Raises
    ------
    UserError
        If jobs could not be told where these files are, or may not do without.
    """
    if not jobs.tls and dask.config.get(_REQUIRED, None):
        raise UserError(
            f"encryption required by Dask's own configuration ({_REQUIRED}): "
            "leave out `tls: false` in the file of the cluster"
        )
    if not jobs.tls or _has_certificates(*_ROLES):
        yield Security() if jobs.tls else None
        return
    # The folder where the run begins is seen by all machines.
    here = Path.cwd()
    # dask-jobqueue puts their paths into a script as they are.
    if shlex.quote(str(here)) != str(here):
        raise UserError(
            f"certificates of batch jobs cannot lie in {str(here)!r}: a shell would "
            "not take that name as it is; begin the run in a folder whose path has "
            "letters, digits and any of /._-+ only"
        )
    with TemporaryDirectory(prefix=".ctacol-dask-", dir=here) as folder:
        yield written(_temporary(), Path(folder))


def _temporary() -> Security:
    """Make certificates for this run."""
    try:
        return Security.temporary()
    except ImportError as error:
        raise UserError(
            "certificates for Dask need the package cryptography, which is not "
            "installed: pip install 'cta-columnar[dask]'"
        ) from error


def written(made: Security, folder: Path) -> Security:
    """Write certificates into a folder; return the same as those files."""
    content = made.get_tls_config_for_role("worker")
    files = {name: folder / f"{name}.pem" for name in ("ca_file", "cert", "key")}
    for name, file in files.items():
        file.write_text(content[name], encoding="ascii")
    of_roles = {
        f"tls_{role}_{name}": str(files[name])
        for role in _ROLES
        for name in ("cert", "key")
    }
    return Security(
        require_encryption=True, tls_ca_file=str(files["ca_file"]), **of_roles
    )


def _has_certificates(*roles: str) -> bool:
    keys = ["ca-file", *(f"{role}.cert" for role in roles)]
    return all(dask.config.get(f"{_TLS}.{key}", None) for key in keys)
