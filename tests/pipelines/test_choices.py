"""Algorithms and options of each telescope."""

from types import SimpleNamespace

import numpy as np
import pytest

from cta_columnar.errors import UserError
from cta_columnar.pipelines.running.settings import configure
from cta_columnar.pipelines.stage1.choices import telescope_groups, unmatched_patterns


def test_telescopes_that_are_treated_alike_stay_together():
    config = configure(
        "stage1",
        settings=[
            "extractor.tel_id=4.window_width=5",
            "extractor.tel_id=2.window_width=5",
            "extractor.MST*.window_width=9",
            "time_shift=null",
        ],
    )
    groups = telescope_groups(config, "LST_LST_LSTCam", [1, 2, 3, 4])
    assert [group.tel_ids for group in groups] == [(1, 3), (2, 4)]
    widths = [group.chosen["extractor"][0].options["window_width"] for group in groups]
    assert widths == [7, 5]
    assert groups[0].chosen["time_shift"] == ()
    assert len(groups[0].chosen["parameters"]) == 7
    (one,) = telescope_groups(config, "MST_MST_FlashCam", [5, 6])
    assert one.chosen["extractor"][0].options["window_width"] == 9


def test_an_option_must_fit_the_algorithm_of_the_telescope():
    config = configure(
        "stage1",
        settings=[
            "gain_selector.LST*.name=ManualGainSelector",
            "gain_selector.tel_id=1.threshold=3000",
        ],
    )
    message = r"gain_selector of telescope 1 \(LST_LST_LSTCam\): threshold: Manual"
    with pytest.raises(UserError, match=message):
        telescope_groups(config, "LST_LST_LSTCam", [1])
    telescope_groups(config, "MST_MST_FlashCam", [1])


def test_patterns_that_fit_nothing_are_told():
    config = configure("stage1", settings=["extractor.*FlashCm.window_width=5"])
    array = SimpleNamespace(
        tel_ids=np.array([1], np.int16),
        type_of=lambda _: SimpleNamespace(name="MST_MST_FlashCam"),
    )
    assert unmatched_patterns(config, array) == ["extractor: *FlashCm"]
