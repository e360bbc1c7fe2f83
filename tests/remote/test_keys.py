"""What a URL says of who asks is refused, and is in no message."""

import pytest
from store.toy_run import IDENTITY

import cta_columnar
from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.inputs import raw_files
from cta_columnar.remote import location, real_name, refuse_url
from cta_columnar.remote.keys import has_keys, without_keys
from cta_columnar.remote.servers import server_of
from cta_columnar.store import check_output

WITH_KEYS = [
    "http://bob:SECRET@127.0.0.1:1/run.simtel",
    "https://SECRET@host/run.simtel",
    "https://host/run.simtel?X-Amz-Signature=SECRET",
    "https://host/run.simtel#SECRET",
    "HTTPS://host/run.simtel?SECRET",
    "root://bob:SECRET@host//run.simtel",
    "root://host//run.simtel?authz=SECRET",
    "s3://KEY:SECRET@bucket/run.simtel",
    "s3://bucket/run.simtel?X-Amz-Signature=SECRET",
]


@pytest.mark.parametrize("url", WITH_KEYS)
def test_a_url_holds_no_keys(url, tmp_path):
    for use in (
        lambda: location(url),
        lambda: cta_columnar.open_store(url),
        lambda: cta_columnar.open_source(url),
        lambda: raw_files([url]),
        lambda: check_output(url, IDENTITY),
        lambda: cta_columnar.run("stage1", input=url, output=tmp_path / "dl1"),
        lambda: refuse_url(url, "not there"),
    ):
        with pytest.raises(UserError) as raised:
            use()
        assert "SECRET" not in str(raised.value)
        assert "://" in str(raised.value)
    assert not (tmp_path / "dl1").exists()
    # A dataset of somebody else may name it as where it came from.
    assert real_name(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://host:80/a@b/run.simtel",
        "s3://bucket/runs/run?.simtel",
        "s3://bucket/tel_type=LST/a@b",
        "root://host//run?.simtel",
    ],
)
def test_names_are_no_keys(url):
    assert not has_keys(url)
    assert without_keys(url) == url


@pytest.mark.parametrize(
    "endpoint",
    ["ftp://k:SECRET@h", "http://k:SECRET@h:1", "k:SECRET@h:1", "http://h/?k=SECRET"],
)
def test_an_endpoint_holds_no_keys(endpoint, monkeypatch):
    server_of.cache_clear()
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(UserError, match="is no http://host:port") as raised:
        location("s3://bucket/dl1").exists()
    assert "SECRET" not in str(raised.value)
