"""Slow, obvious cuts: what `kernels.cut_grid` must equal."""


def first_passed(value, cuts, from_below):
    passed = [value >= cut if from_below else value <= cut for cut in cuts]
    return passed.index(True) if True in passed else len(passed)
