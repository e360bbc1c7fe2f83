"""Whether what is wrong with tables of DL3 is found, and nothing else."""

from dataclasses import replace

import astropy.units as u
import numpy as np
import pytest
import toy_gadf as toy

from cta_columnar.gadf import Hdu, file_problems, hdu_problems
from cta_columnar.schemas import gadf

RESPONSES = [kind for kind, known in gadf.CLASSES.items() if known.axes]


def changed(hdu, columns=(), header=(), units=()):
    return replace(
        hdu,
        columns={**hdu.columns, **dict(columns)},
        header={**hdu.header, **dict(header)},
        units={**hdu.units, **dict(units)},
    )


def without(hdu, name):
    kept = {
        part: {key: value for key, value in getattr(hdu, part).items() if key != name}
        for part in ("columns", "header", "units")
    }
    return replace(hdu, **kept)


def only_problem(hdu):
    problems = hdu_problems(hdu)
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize("kind", RESPONSES)
def test_a_response_that_is_right(kind):
    assert hdu_problems(toy.make_response(kind)) == []


def test_an_observation_that_is_right():
    assert file_problems(toy.make_observation()) == []
    assert file_problems(toy.make_observation(n=0)) == []


@pytest.mark.parametrize("name", sorted(gadf.CLASSES))
def test_units_are_known_to_fits(name):
    known = gadf.CLASSES[name]
    for field in (*known.columns, *known.optional, *known.keywords):
        u.Unit(field.metadata[b"unit"].decode(), format="fits")


@pytest.mark.parametrize(
    "name", [*gadf.EVENTS.names, *gadf.OBSERVATION.names, "GEOLON", "MJDREFI"]
)
def test_nothing_may_be_missing_from_events(name):
    problem = only_problem(without(toy.make_events(), name))
    assert problem.startswith("EVENTS: the ")
    assert problem.endswith(f"{name} is missing")


@pytest.mark.parametrize("kind", RESPONSES)
def test_nothing_may_be_missing_from_responses(kind):
    hdu = toy.make_response(kind)
    for name in (*gadf.CLASSES[kind].columns.names, "HDUDOC"):
        assert f"{name} is missing" in only_problem(without(hdu, name))
    for name in ("HDUCLASS", "HDUVERS", "HDUCLAS1", "HDUCLAS2", "HDUCLAS3", "HDUCLAS4"):
        assert f"{name} is 'x', wanted is" in only_problem(
            changed(hdu, header={name: "x"})
        )


def test_drift_wants_altitude_and_azimuth():
    drift = without(without(toy.make_events(OBS_MODE="DRIFT"), "RA_PNT"), "DEC_PNT")
    assert [p.split()[3] for p in hdu_problems(drift)] == ["ALT_PNT", "AZ_PNT"]
    assert hdu_problems(changed(drift, header={"ALT_PNT": 70.0, "AZ_PNT": 0.0})) == []
    assert "OBS_MODE is 'WOBBLE'" in only_problem(toy.make_events(OBS_MODE="WOBBLE"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"units": {"ENERGY": "GeV"}}, "the unit of ENERGY is 'GeV', wanted is 'TeV'"),
        ({"units": {"RA": "?"}}, "the unit of RA is '?', wanted is 'deg'"),
        ({"header": {"OBS_ID": "7"}}, "OBS_ID is '7', wanted is a int64"),
        ({"header": {"DEADC": True}}, "DEADC is True, wanted is a double"),
        ({"header": {"DEADC": 0.5}}, "DEADC 0.5 is not LIVETIME / ONTIME, 0.95"),
        ({"header": {"LIVETIME": 601.0}}, "LIVETIME 601 s is not between 0 and ONTIME"),
        ({"columns": {"EVENT_ID": np.ones(20, np.int64)}}, "19 values of EVENT_ID"),
        ({"columns": {"EVENT_ID": np.arange(20.0)}}, "type of EVENT_ID is float64"),
        ({"columns": {"TIME": np.arange(20, dtype="f4")}}, "type of TIME is float32"),
        ({"columns": {"TIME": np.arange(20.0)[::-1]}}, "not in the order of TIME"),
        ({"columns": {"RA": np.full(20, 361.0)}}, "20 values of RA are outside"),
        ({"columns": {"ENERGY": np.full(20, np.nan)}}, "20 values of ENERGY are no"),
        ({"columns": {"EVENT_TYPE": np.ones((20, 8), bool)}}, "type of EVENT_TYPE"),
        ({"columns": {"MULTIP": np.ones(3, np.int32)}}, "number of rows"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_events(change, words):
    assert words in only_problem(changed(toy.make_events(), **change))


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"EFFAREA": np.full((1, 2, 3), np.nan)}, "6 values are no finite numbers"),
        ({"EFFAREA": np.full((1, 2, 3), -1.0)}, "6 values are negative"),
        ({"EFFAREA": np.ones((1, 3, 2))}, "has the shape (3, 2), wanted is (2, 3)"),
        ({"ENERG_LO": np.array([[0.1, 10.0, 1.0]])}, "bins of ENERG do not ascend"),
        ({"THETA_HI": np.array([[1.0, 5.0]])}, "bins of THETA do not ascend"),
    ],
)
def test_what_is_wrong_with_a_response(columns, words):
    hdu = toy.make_response("aeff_2d")
    assert words in only_problem(changed(hdu, columns))
    assert "CREF is (X)" in only_problem(changed(hdu, header={"CREF5": "(X)"}))
    two = {name: np.repeat(values, 2, axis=0) for name, values in hdu.columns.items()}
    assert "there are 2 rows, wanted is one" in only_problem(changed(hdu, two))


def test_what_is_wrong_with_intervals():
    a, b = toy.START, toy.STOP
    assert hdu_problems(toy.make_gti([(a, a + 1), (a + 2, b)])) == []
    assert "overlap" in only_problem(toy.make_gti([(a, a + 3), (a + 2, b)]))
    assert "ends before it starts" in only_problem(toy.make_gti([(b, a)]))
    assert "there is no interval" in only_problem(toy.make_gti(()))


def file_problem(*hdus):
    problems = file_problems(hdus)
    assert len(problems) == 1, problems
    return problems[0]


def test_tables_that_contradict_each_other():
    events, gti, a, b = toy.make_events(), toy.make_gti(), toy.START, toy.STOP
    other = changed(gti, header={"MJDREFI": 51910})
    assert "MJDREFI differs from table to table" in file_problem(events, other)
    assert "there is no table of gti" in file_problem(events)
    problems = file_problems([events, toy.make_gti([(a, a + 300)])])
    assert problems[0] == "ONTIME is 600.0 s, and the good time intervals are 300.0 s"
    late = int((events["TIME"] > a + 300).sum())
    assert problems[1] == f"{late} events are outside of the good time intervals"
    shifted = file_problems([events, toy.make_gti([(a - 9, b - 9)])])
    assert "good time intervals reach beyond TSTART and TSTOP" in shifted


def test_enclosures_go_together():
    events, gti = toy.make_events(), toy.make_gti()
    whole = toy.make_response("aeff_2d"), toy.make_response("edisp_2d")
    near = [toy.make_response(hdu.kind, gadf.POINT_LIKE) for hdu in whole]
    assert "some responses are point-like" in file_problem(
        events, gti, near[0], whole[1], toy.make_response("rad_max_2d")
    )
    assert "the cut RAD_MAX is not there" in file_problem(events, gti, *near)
    constant = [changed(hdu, header={"RAD_MAX": 0.1}) for hdu in near]
    assert file_problems([events, gti, *constant]) == []
    assert file_problems([events, gti, *near, toy.make_response("rad_max_2d")]) == []


def test_a_table_without_columns_has_no_rows():
    assert Hdu("gti", "GTI", {}, {}, {}).n_rows == 0
