"""From names to files."""

import pytest

from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.inputs import one_dataset, raw_files


@pytest.fixture
def folder(tmp_path):
    for name in ("b.simtel.zst", "a.simtel.gz", "c.simtel", "log.txt", "deep/d.simtel"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def names(paths):
    return [path.name for path in paths]


def test_a_folder_gives_its_raw_files(folder):
    found = names(raw_files([folder]))
    assert found == ["a.simtel.gz", "b.simtel.zst", "c.simtel", "d.simtel"]


def test_a_pattern_is_expanded_where_the_shell_did_not(folder):
    assert names(raw_files([f"{folder}/*.simtel*"])) == [
        "a.simtel.gz",
        "b.simtel.zst",
        "c.simtel",
    ]
    odd = folder / "odd[1].dat"
    odd.touch()
    assert raw_files([odd]) == (odd,)


def test_files_that_are_named_are_taken_as_they_are(folder):
    given = [folder / "log.txt", folder / "absent.simtel"]
    assert raw_files(given) == tuple(given)


def test_what_cannot_even_be_looked_at_is_left_to_its_reader(folder):
    loop = folder / "loop"
    loop.symlink_to(loop)
    given = [loop, folder / ("n" * 300), folder / "log.txt" / "below"]
    assert raw_files(given) == tuple(given)


def test_a_file_twice_is_refused(folder):
    with pytest.raises(UserError, match=r"c.simtel stands twice .* also as .*deep"):
        raw_files([folder / "deep" / ".." / "c.simtel", folder / "c.simtel"])


def test_nothing_is_no_input():
    with pytest.raises(UserError, match="no input"):
        raw_files([])


def test_a_dataset_is_not_raw_data(folder):
    (folder / "_commits").mkdir()
    with pytest.raises(UserError, match="is a dataset without any data, not raw data"):
        raw_files([folder])
    assert one_dataset([folder]) == folder


def test_a_file_is_no_dataset(folder):
    with pytest.raises(UserError, match="is a file, not a dataset"):
        one_dataset([folder / "log.txt"])
