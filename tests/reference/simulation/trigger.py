"""Triggers by the letter: what `kernels.simulation.trigger` must decide."""

import numpy as np


def sum_over(values, member):
    return sum(values[p] for p in member if p >= 0)


def hopeful(light, members, groups, least):
    enough = {e for e, member in enumerate(members) if sum_over(light, member) >= least}
    kept = [set(group) for group in groups if enough.issuperset(group)]
    return np.isin(np.arange(len(members)), list(set().union(*kept)))
