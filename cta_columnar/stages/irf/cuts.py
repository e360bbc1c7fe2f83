"""Cuts on score, theta and multiplicity in bins of energy, and who passes them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cta_columnar.array_types import F8, I4, I8, AnyArray, Mask
from cta_columnar.errors import UserError
from cta_columnar.kernels.histograms import bin_numbers
from cta_columnar.stages.irf.axes import Axis
from cta_columnar.stages.irf.component import Component
from cta_columnar.stages.irf.given import given, given_floats


@dataclass(frozen=True, eq=False)
class Cuts:
    """What an event must have, in bins of its reconstructed energy.

    Attributes
    ----------
    axis : Axis
        Bins of ``reco_energy``, TeV. Events outside of them pass nothing.
    gh : float64[b]
        Lowest ``gh_score`` that passes.
    theta : float64[b]
        Largest ``theta`` that passes, deg.
    multiplicity : int64[b]
        Fewest telescopes that pass.
    gh_efficiency, theta_efficiency : float64[b]
        Share of the signal that the cut was set for; NaN if for none.
    is_valid : bool[b]
        Whether the cuts are good for the bin; for a sensitivity, say.
    """

    axis: Axis
    gh: F8
    theta: F8
    multiplicity: I8
    gh_efficiency: F8
    theta_efficiency: F8
    is_valid: Mask

    def passes_gh(self, columns: Mapping[str, AnyArray]) -> Mask:
        """Whether events pass the cuts on score and multiplicity.

        Parameters
        ----------
        columns : mapping of str to array[n]
            With ``reco_energy``, ``gh_score`` and, unless nothing is cut on it,
            ``multiplicity``.
        """
        bins = energy_bins(columns, self.axis)
        scores = given(columns, "gh_score", "cuts")
        passed = passes(scores, bins, self.gh, from_below=True)
        if (self.multiplicity > 0).any():
            least = self.multiplicity.astype(np.float64)
            counts = given(columns, "multiplicity", "cuts")
            passed &= passes(counts, bins, least, from_below=True)
        return passed

    def passes_theta(self, columns: Mapping[str, AnyArray]) -> Mask:
        """Whether events pass the cut on ``theta``, in bins of ``reco_energy``."""
        bins = energy_bins(columns, self.axis)
        theta = given(columns, "theta", "cuts")
        return passes(theta, bins, self.theta, from_below=False)

    def select(
        self, columns: Mapping[str, AnyArray], *, point_like: bool
    ) -> dict[str, Mask]:
        """Make the columns of booleans that histograms of responses select by.

        Parameters
        ----------
        columns : mapping of str to array[n]
            Events.
        point_like : bool
            Whether ``selected`` events pass the cut on theta too.

        Returns
        -------
        selections : dict
            ``selected_gh`` and ``selected``.
        """
        selected_gh = self.passes_gh(columns)
        selected = selected_gh
        if point_like:
            selected = selected_gh & self.passes_theta(columns)
        return {"selected_gh": selected_gh, "selected": selected}

    def to_component(self) -> Component:
        """Return them as a product, to be stored."""
        columns = {
            "gh_cut": self.gh,
            "theta_cut": self.theta,
            "multiplicity_cut": self.multiplicity,
            "gh_efficiency": self.gh_efficiency,
            "theta_efficiency": self.theta_efficiency,
            "is_valid": self.is_valid,
        }
        return Component("cuts", (self.axis,), columns)

    @classmethod
    def from_component(cls, component: Component) -> "Cuts":
        """Return the cuts of a stored product.

        Raises
        ------
        UserError
            If it is another product.
        """
        if component.name != "cuts":
            raise UserError(f"a product {component.name!r} is no cuts")
        kinds = ("gh_cut", "theta_cut", "multiplicity_cut")
        others = ("gh_efficiency", "theta_efficiency", "is_valid")
        return cls(component.axes[0], *(component[each] for each in (*kinds, *others)))


def same_cuts(
    axis: Axis, *, gh: float = -np.inf, theta: float = np.inf, multiplicity: int = 0
) -> Cuts:
    """Make cuts that are the same in all bins; by default none but that there is one.

    A score or theta that is NaN never passes.
    """
    shape = axis.n_bins
    return Cuts(
        axis,
        np.full(shape, gh),
        np.full(shape, theta),
        np.full(shape, multiplicity, np.int64),
        np.full(shape, np.nan),
        np.full(shape, np.nan),
        np.ones(shape, bool),
    )


def select_by_class(
    cuts: Mapping[int, Cuts],
    columns: Mapping[str, AnyArray],
    class_column: str,
    *,
    point_like: bool,
) -> dict[str, Mask]:
    """As `Cuts.select`, with other cuts for each class of events.

    Parameters
    ----------
    cuts : mapping of int to Cuts
        By the value of the class.
    columns : mapping of str to array[n]
        Events.
    class_column : str
        Which of them is the class, as of event type.
    point_like : bool
        As there.

    Raises
    ------
    UserError
        If events are of a class that has no cuts.
    """
    classes = given(columns, class_column, "cuts")
    if strange := sorted(set(np.unique(classes).tolist()) - set(cuts)):
        raise UserError(
            f"events have {class_column} = {strange[0]}, and there are cuts for "
            f"{', '.join(str(each) for each in sorted(cuts))} only"
        )
    selected: dict[str, Mask] = {}
    for value, of_class in cuts.items():
        for name, mask in of_class.select(columns, point_like=point_like).items():
            so_far = selected.get(name, np.zeros(classes.size, bool))
            selected[name] = so_far | (mask & (classes == value))
    return selected


def rad_max(cuts: Cuts, offset: Axis) -> Component:
    """Radius of a point-like response, from the cut on theta.

    Parameters
    ----------
    cuts : Cuts
        Cuts, which do not depend on the offset.
    offset : Axis
        Bins of ``reco_source_fov_offset``, deg.
    """
    radius = np.repeat(cuts.theta[:, np.newaxis], offset.n_bins, axis=1)
    if not np.isfinite(radius).all():
        raise UserError("there is no cut on theta, so no radius around a source")
    return Component("rad_max", (cuts.axis, offset), {"rad_max": radius})


def energy_bins(columns: Mapping[str, AnyArray], axis: Axis) -> I4:
    """Bin of the reconstructed energy of each event, negative if it is in none."""
    return bin_numbers(given_floats(columns, "reco_energy", "cuts"), axis.array)


def passes(values: AnyArray, bins: I4, cut: F8, *, from_below: bool) -> Mask:
    """Whether values pass the cuts of their bins.

    Parameters
    ----------
    values : array[n]
        What is cut on; NaN passes nothing.
    bins : int32[n]
        Bin of each event; events in none, where it is negative, do not pass.
    cut : float64[b]
        Cut in each bin, which itself passes; NaN passes nothing.
    from_below : bool
        Whether values pass that are not below the cut, or those not above it.
    """
    of_event = cut[np.maximum(bins, 0)]
    passed: Mask = values >= of_event if from_below else values <= of_event
    return passed & (bins >= 0)
