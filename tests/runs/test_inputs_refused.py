"""What is no input is told, and nothing is left of the attempt."""

import pytest
from runs.commands import reduce, stage1

from cta_columnar import open_store
from cta_columnar.errors import UserError

NEXT = {
    "dl0": "is what reduce made, not raw data; its waveforms are input of .* stage1",
    "dl1": "is what stage1 made, .* images are input of .* stage1 again, .* stage2",
    "dl2": "is what stage2 made, not raw data; its events are for you",
}


@pytest.mark.full
@pytest.mark.parametrize("which", NEXT)
def test_a_dataset_is_reduced_no_further(request, tmp_path, which):
    root = request.getfixturevalue(which)
    with pytest.raises(UserError, match=NEXT[which]):
        reduce([root], tmp_path / "again", set=())
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("verb", [reduce, stage1])
@pytest.mark.parametrize("content", [None, b"nothing known", b""])
def test_an_unreadable_input_leaves_no_dataset(tmp_path, verb, content):
    path, output = tmp_path / "run.simtel.zst", tmp_path / "made" / "output"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError):
        verb([path], output)
    assert not output.exists()


def test_an_input_that_breaks_off_leaves_no_dataset(inputs, tmp_path):
    path = tmp_path / "run.simtel.zst"
    path.write_bytes(inputs[0].read_bytes()[:-400])
    with pytest.raises(UserError):
        stage1([path], tmp_path / "dl1")
    assert not (tmp_path / "dl1").exists()


def test_what_is_there_stays(inputs, tmp_path):
    bad = tmp_path / "bad.simtel.zst"
    bad.write_bytes(b"nothing known")
    stage1(inputs[:1], tmp_path / "dl1")
    with pytest.raises(UserError, match="no known format"):
        stage1([*inputs[:1], bad], tmp_path / "dl1", resume=True)
    assert len(open_store(tmp_path / "dl1").records) == 1
    # One that was left out is told by the dataset.
    stage1([bad], tmp_path / "skipped", skip_bad_inputs=True)
    with pytest.raises(UserError):
        stage1([bad], tmp_path / "skipped", resume=True)
    assert open_store(tmp_path / "skipped").contents.skipped
