"""Simulated files: the same bytes, whoever makes them and however often it stops."""

import errno
import hashlib
import json
import os
import subprocess
import sys

import eventio
import pytest

from cta_columnar import run
from cta_columnar.errors import UserError
from cta_columnar.pipelines.simulate import join as simulate_join
from cta_columnar.simulation.simtel import pieces

SMALL = {
    "array": "all-cameras",
    "telescopes": [2, 5],
    "energy": [2.0, 20.0],
    "n_showers": 12,
    "scatter_radius": 100.0,
    "file": {"showers_per_piece": 3},
    "trigger": {"min_telescopes": 1},
}


def simulate(path, **more):
    return run("simulate", output=path, **{"workers": 1, **SMALL, **more})


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "a.simtel.zst"
    simulate(path)
    return path.read_bytes()


def energies_in(path):
    with eventio.EventIOFile(str(path)) as file:
        return [b.parse()["energy"] for b in file if b.header.type == 2020]


class Stopped(Exception):
    pass


def stopped(path, after):
    """Begin a file and stop once there are so many pieces, headers included."""

    def look(_progress):
        records = path.parent.glob(f".{path.name}.pieces/*.json")
        if len(list(records)) >= after:
            raise Stopped

    with pytest.raises(Stopped):
        simulate(path, on_progress=look)
    assert not path.exists()


def only(folder):
    return sorted(each.name for each in folder.iterdir())


FINISHED = ["a.simtel.zst", "a.simtel.zst.provenance.json"]


@pytest.mark.full
def test_workers_do_not_matter(whole, tmp_path):
    path = tmp_path / "b.simtel.zst"
    simulate(path, workers=2)
    assert path.read_bytes() == whole


def test_seed_and_run_matter(whole, tmp_path):
    simulate(tmp_path / "{run}-{seed}.simtel.zst", seed=2, runs=[1, 2])
    made = [(tmp_path / f"{run}-2.simtel.zst").read_bytes() for run in (1, 2)]
    assert len({whole, *made}) == 3
    # Not the headers alone: no energy is that of another file.
    paths = [tmp_path / "1-2.simtel.zst", tmp_path / "2-2.simtel.zst"]
    (tmp_path / "whole.simtel.zst").write_bytes(whole)
    energies = [set(energies_in(p)) for p in (*paths, tmp_path / "whole.simtel.zst")]
    assert [len(each) for each in energies] == [12, 12, 12]
    assert len(set.union(*energies)) == 36


def test_a_run_of_several_is_the_run_alone(whole, tmp_path):
    simulate(tmp_path / "{run}.simtel.zst", runs=[2, 1])
    assert (tmp_path / "1.simtel.zst").read_bytes() == whole


def test_pieces_do_not_matter_but_for_where_frames_begin(tmp_path):
    one, other = tmp_path / "one.simtel", tmp_path / "other.simtel"
    # The history names the configuration, so headers differ.
    simulate(one)
    simulate(other, file={"showers_per_piece": 5})
    a, b = (path.read_bytes() for path in (one, other))
    assert len(a) == len(b)
    first_event = a.index(b"showers_per_piece", a.index(b"showers_per_piece") + 1) + 99
    assert a[first_event:] == b[first_event:]


def test_a_stopped_run_goes_on(whole, tmp_path):
    path = tmp_path / "a.simtel.zst"
    stopped(path, 3)
    with pytest.raises(UserError, match=r"begun already: use --resume"):
        simulate(path)
    plan = simulate(path, resume=True, dry_run=True)
    assert [each.is_done for each in plan.shards] == [True] * 3 + [False] * 2
    summary = simulate(path, resume=True)
    assert summary.n_shards_kept == 3
    assert summary.counts["showers"] == 12
    assert path.read_bytes() == whole
    assert only(tmp_path) == FINISHED


def test_what_is_finished_is_kept_or_replaced_as_wanted(whole, tmp_path):
    path = tmp_path / "a.simtel.zst"
    simulate(path, seed=5)
    with pytest.raises(UserError, match="exists already"):
        simulate(path)
    with pytest.raises(UserError, match="another configuration or code"):
        simulate(path, resume=True)
    simulate(path, overwrite=True)
    assert path.read_bytes() == whole
    before = path.stat().st_mtime_ns
    assert simulate(path, resume=True).n_shards_kept == 1
    assert path.stat().st_mtime_ns == before


def test_a_finished_file_is_kept_only_if_it_is_whole(whole, tmp_path):
    path = tmp_path / "a.simtel.zst"
    simulate(path)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    for content in (whole[:-1], whole + b"\0", bytes(flipped), b""):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"cut, damaged or replaced.*--overwrite"):
            simulate(path, resume=True)
        assert path.read_bytes() == content
    simulate(path, overwrite=True)
    assert path.read_bytes() == whole


@pytest.mark.parametrize("text", ["", "[]", '{"entity": []}', '{"entity": {"a": 1}}'])
def test_a_file_of_unknown_origin_is_not_kept(whole, tmp_path, text):
    path = tmp_path / "a.simtel.zst"
    path.write_bytes(whole)
    (tmp_path / FINISHED[1]).write_text(text)
    with pytest.raises(UserError, match="another configuration or code"):
        simulate(path, resume=True)


def test_damaged_pieces_are_made_again(whole, tmp_path):
    path = tmp_path / "a.simtel.zst"
    stopped(path, 4)
    folder = tmp_path / ".a.simtel.zst.pieces"
    damaged = bytearray((folder / "000001.simtel.zst").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (folder / "000001.simtel.zst").write_bytes(damaged)
    (folder / "000002.simtel.zst").unlink()
    (folder / "000003.json").write_text('{"name": ')
    assert simulate(path, resume=True).n_shards_kept == 1
    assert path.read_bytes() == whole


def test_another_configuration_never_mixes(whole, tmp_path):
    path = tmp_path / "a.simtel.zst"
    stopped(path, 2)
    with pytest.raises(UserError, match="begun with another configuration"):
        simulate(path, seed=7, resume=True)
    simulate(path, overwrite=True)
    assert path.read_bytes() == whole


def test_a_changed_array_file_is_another_configuration(tmp_path):
    array = tmp_path / "mine.yaml"
    text = (
        "name: mine\nsite: {{latitude: 28.0, longitude: -17.0, altitude: 2000.0, "
        "B_total: 38.0, B_inclination: 0.6, B_declination: -0.1}}\n"
        "telescopes:\n- {{id: 1, model: MST-NectarCam, position: [{x}, 0.0, 10.0]}}\n"
    )
    array.write_text(text.format(x=0.0))
    path = tmp_path / "a.simtel.zst"
    more = {"array": str(array), "telescopes": None, "n_showers": 1}
    simulate(path, **more)
    document = json.loads((tmp_path / FINISHED[1]).read_text())
    assert "mine.yaml" in str(document["used"])
    array.write_text(text.format(x=5.0))
    with pytest.raises(UserError, match="another configuration"):
        simulate(path, resume=True, **more)


def test_a_full_disk_is_said_and_leaves_no_file(tmp_path, monkeypatch):
    path = tmp_path / "a.simtel.zst"

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pieces.os, "fsync", full)
        with pytest.raises(UserError, match=r"No space left on device(.|\n)*--resume"):
            simulate(path)
    assert not path.exists()
    simulate(path, resume=True)
    assert only(tmp_path) == FINISHED


def stopped_in_joining(path, after, monkeypatch):
    """Break off when so many pieces are in the draft, the last one by itself, too."""
    left = iter(range(after - 1, -1, -1))

    def look(_point):
        if next(left) == 0:
            raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(simulate_join, "fault_point", look)
        with pytest.raises(Stopped):
            simulate(path)
    assert not path.exists()
    return path.parent / f".{path.name}.pieces"


def test_a_disk_that_is_full_when_pieces_are_joined(whole, tmp_path, monkeypatch):
    path = tmp_path / "a.simtel.zst"

    def full(_file):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(simulate_join, "_sync", full)
        with pytest.raises(UserError, match=r"No space left on device(.|\n)*--resume"):
            simulate(path)
    assert not path.exists()
    assert simulate(path, resume=True).n_shards_kept == 5
    assert path.read_bytes() == whole


@pytest.mark.parametrize("after", [1, 3, 5])
def test_stopped_in_joining(whole, tmp_path, monkeypatch, after):
    """No piece takes room twice but the last one, and none is made again."""
    path = tmp_path / "a.simtel.zst"
    folder = stopped_in_joining(path, after, monkeypatch)
    sizes = [each.stat().st_size for each in folder.glob("*.simtel.zst")]
    assert len(sizes) == 5 - (after - 1)
    assert sum(sizes) + (folder / "joined").stat().st_size < len(whole) + max(sizes)
    with (folder / "joined").open("ab") as file:
        file.write(b"half of the next piece")
    plan = simulate(path, resume=True, dry_run=True)
    assert all(each.is_done for each in plan.shards)
    summary = simulate(path, resume=True)
    assert summary.n_shards_kept == 5
    assert summary.counts["showers"] == 12
    assert path.read_bytes() == whole
    assert only(tmp_path) == FINISHED
    text = (tmp_path / FINISHED[1]).read_text()
    assert hashlib.sha256(whole).hexdigest() in text


def test_a_damaged_draft_is_joined_again(whole, tmp_path, monkeypatch):
    path = tmp_path / "a.simtel.zst"
    folder = stopped_in_joining(path, 4, monkeypatch)
    draft = bytearray((folder / "joined").read_bytes())
    first = json.loads((folder / "000000.json").read_text())["size"]
    draft[first + 100] ^= 1
    (folder / "joined").write_bytes(draft)
    # The second piece and the third are nowhere, the others are.
    assert simulate(path, resume=True).n_shards_kept == 3
    assert path.read_bytes() == whole


POINTS = [
    "before-piece-record:2",
    "after-piece-record:3",
    "before-joining",
    "during-joining:2",
    "after-joining",
]


@pytest.mark.full
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_run_goes_on(whole, tmp_path, point):
    path = tmp_path / "a.simtel.zst"
    code = (
        "import json, sys\nfrom cta_columnar import run\n"
        "run('simulate', output=sys.argv[1], workers=1, **json.loads(sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), json.dumps(SMALL)],
        env={**os.environ, "CTACOL_FAULT": point},
        check=False,
    )
    assert done.returncode == -9
    assert path.exists() == (point == "after-joining")
    simulate(path, resume=True)
    assert path.read_bytes() == whole
    assert only(tmp_path) == FINISHED


@pytest.mark.parametrize("name", ["", "joined"])
def test_pieces_go_through_no_link(tmp_path, name):
    home, path = tmp_path / "home", tmp_path / "out" / "a.simtel.zst"
    home.mkdir()
    (home / "thesis").write_text("mine")
    link = path.parent / f".{path.name}.pieces" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(home / "thesis" if name else home)
    for more in ({"resume": True}, {"overwrite": True}):
        with pytest.raises(UserError, match="is a symbolic link, through which"):
            simulate(path, **more)
    assert [each.name for each in home.iterdir()] == ["thesis"]
    assert (home / "thesis").read_text() == "mine"
