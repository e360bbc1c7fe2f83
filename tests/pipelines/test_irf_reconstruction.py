"""Whether inputs of responses were reconstructed alike, by their provenance."""

from cta_columnar.pipelines.irf.reconstruction import Reconstruction, differences
from cta_columnar.provenance import Activity
from cta_columnar.store import recorded

KEY = "0123456789abcdef0123"


def chain(root, *, picture=7, offset=0, models="m", block_size=None):
    """Folders of stages 1, 2 and 3 that have nothing but their provenance."""
    settings = {
        "stage1": {"clean": {"picture": picture}, "source": {"obs_id_offset": offset}},
        "stage2": {"quality": "hillas_intensity > 50", "block_size": block_size},
        "stage3": {"models": models},
    }
    before = root / "run.simtel.zst"
    for stage, configuration in settings.items():
        folder = root / stage
        folder.mkdir(parents=True)
        activity = Activity(stage, configuration)
        with recorded(folder, activity):
            activity.used(str(before), "ab", 1)
        before = folder / KEY
    return folder


def made(root, digest, **models):
    return root, Reconstruction(models, digest)


def test_keys_that_differ_are_named(tmp_path):
    one, other = chain(tmp_path / "a"), chain(tmp_path / "b", picture=5)
    (told,) = differences([made(one, "1"), made(other, "2")])
    assert told.startswith(f"{other} was reconstructed with another configuration than")
    assert "differing keys are stage1.clean.picture;" in told


def test_numbers_of_runs_do_not_matter(tmp_path):
    one = chain(tmp_path / "a")
    other = chain(tmp_path / "b", offset=1000, models="elsewhere")
    assert list(differences([made(one, "1"), made(other, "2")])) == []


def test_how_shards_are_cut_does_not_matter(tmp_path):
    one, other = chain(tmp_path / "a"), chain(tmp_path / "b", block_size=10)
    assert list(differences([made(one, "1"), made(other, "2")])) == []


def test_what_is_gone_is_not_alike(tmp_path):
    one, other = chain(tmp_path / "a"), chain(tmp_path / "b")
    (tmp_path / "b" / "stage1" / "provenance.json").unlink()
    (told,) = differences([made(one, "1"), made(other, "2")])
    assert f"as {tmp_path / 'b' / 'stage1'} is not there any more" in told
    assert list(differences([made(one, "1"), made(other, "1")])) == []


def test_models_are_those_of_the_columns(tmp_path):
    one = made(tmp_path / "a", "1", gh_score="x", reco_energy="y")
    other = made(tmp_path / "b", "1", gh_score="x")
    (told,) = differences([one, other])
    assert told.startswith(f"reco_energy of {tmp_path / 'b'} is what other models say")


def test_digests_count_where_keys_are_alike(tmp_path):
    one, other = chain(tmp_path / "a"), chain(tmp_path / "b")
    (told,) = differences([made(one, "1"), made(other, "2")])
    assert "in what their provenance does not tell" in told


def noted(folder, **settings):
    """Note the run of stage 1 as a version did that knew these keys."""
    folder.mkdir()
    activity = Activity("stage1", {"stage": "stage1", **settings})
    with recorded(folder, activity):
        activity.used("run.simtel.zst", "ab", 1)
    return made(folder, str(folder))


def test_a_key_that_an_earlier_version_did_not_have_is_at_its_default(tmp_path):
    earlier = noted(tmp_path / "earlier", write={"compression_level": 1})
    usual = {"compression_level": 1, "image_rings": 1}
    now = noted(tmp_path / "now", write=usual)
    other = noted(tmp_path / "other", write=usual | {"image_rings": 2})
    assert list(differences([earlier, now])) == []
    (told,) = differences([earlier, other])
    assert "differing keys are stage1.write.image_rings;" in told


def test_a_step_that_was_not_made_has_no_defaults(tmp_path):
    one, other = noted(tmp_path / "one"), noted(tmp_path / "other")
    activity = Activity("reduce", {"stage": "reduce", "gain_selector": "x"})
    with recorded(other[0], activity):
        activity.used("run.simtel.zst", "ab", 1)
    (told,) = differences([one, other])
    assert "differing keys are reduce.gain_selector, reduce.stage;" in told
