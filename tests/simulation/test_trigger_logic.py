import numpy as np
import pytest
from toy_electronics import hexagons, majority, model, rosettes, squares, sums

from cta_columnar.instrument.neighbors import Neighbors
from cta_columnar.simulation.banks import make_banks
from cta_columnar.simulation.telescopes import TriggerModel
from cta_columnar.simulation.trigger_logic import find_groups, make_logic


def with_multiplicity(camera, n):
    members = np.arange(camera.n_pixels, dtype=np.int32)[:, None]
    return TriggerModel("majority", 4.0, n, 3.0, members, camera.neighbors)


def test_groups_of_three_on_hexagons_are_triangles():
    groups = find_groups(with_multiplicity(hexagons(1), 3))
    # Six triangles about the middle pixel, number 3.
    assert len(groups) == 6
    assert (groups == 3).any(axis=1).all()


def test_groups_of_three_on_squares_are_rows_and_corners():
    groups = find_groups(with_multiplicity(squares(2), 3))
    assert groups.tolist() == [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]]


def test_groups_of_two_are_neighbors():
    groups = find_groups(with_multiplicity(squares(2), 2))
    assert groups.tolist() == [[0, 1], [0, 2], [1, 3], [2, 3]]


def test_each_sum_is_a_group():
    camera = hexagons(2)
    groups = find_groups(sums(rosettes(camera), 20.0))
    assert groups.tolist() == [[k] for k in range(len(rosettes(camera)))]


@pytest.mark.parametrize("n", [2, 3])
def test_members_without_neighbors_make_no_group(n):
    alone = Neighbors(np.zeros(2, np.int32), np.zeros(0, np.int32))
    trigger = TriggerModel("majority", 4.0, n, 3.0, np.zeros((1, 1), np.int32), alone)
    assert find_groups(trigger).shape == (0, n)


def test_more_than_three_members_are_refused():
    with pytest.raises(ValueError, match="4 members"):
        find_groups(with_multiplicity(squares(2), 4))


def test_members_need_light_close_to_the_threshold():
    camera = hexagons(3)
    telescope = model(trigger=majority(camera, 50.0), layout=camera)
    logic = make_logic(telescope, make_banks(telescope, 1, 1))
    assert 45 < logic.least < 48
    assert logic.gate == 3
    low = model(trigger=majority(camera, 1.0), layout=camera)
    assert make_logic(low, make_banks(low, 1, 1)).least == 0.5
