"""Simulated events of a particle: read, selected, with what was thrown for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cta_columnar.array_types import I8, AnyArray, Mask
from cta_columnar.config.dl3 import DL3Config
from cta_columnar.errors import UserError, did_you_mean
from cta_columnar.pipelines.dl3.inputs import ListInput
from cta_columnar.pipelines.dl3.lists import event_names, passed_by, to_columns
from cta_columnar.pipelines.dl3.responses import Responses, ValidResponse
from cta_columnar.pipelines.dl3.runs import runs_of
from cta_columnar.stages.dl3.observation import Target
from cta_columnar.stages.dl3.samples import Sample
from cta_columnar.stages.irf.configured_spectra import configured_spectrum
from cta_columnar.stages.irf.simulated_runs import read_simulated_runs
from cta_columnar.stages.irf.spectrum import Spectrum

WANTED = (
    *("obs_id", "event_id", "reco_alt", "reco_az", "reco_energy", "gh_score"),
    *("true_energy", "true_alt", "true_az", "array_pointing_alt", "array_pointing_az"),
)


@dataclass(frozen=True, eq=False)
class SelectedSample:
    """All events of a particle, and which of them an event list may have.

    Attributes
    ----------
    whole : Sample
        All triggered events.
    passed : dict of str to bool[n]
        Which of them pass each condition; the cuts are those of any observation.
    passes : sequence of bool[n]
        Which pass the cuts of each observation.
    """

    whole: Sample
    passed: dict[str, Mask]
    passes: Sequence[Mask]

    @property
    def mask(self) -> Mask:
        """bool[n]: events that pass all conditions."""
        mask: Mask = np.logical_and.reduce(list(self.passed.values()))
        return mask

    @property
    def sample(self) -> Sample:
        """Events that pass all conditions."""
        mask = self.mask
        events = {name: values[mask] for name, values in self.whole.events.items()}
        # Of observations with the same responses it is one array.
        of = {id(each): each[mask] for each in self.passes}
        passes = [of[id(each)] for each in self.passes]
        return replace(self.whole, events=events, passes=passes)


def wanted_spectra(
    config: DL3Config, responses: Responses
) -> dict[str, tuple[Spectrum, Target | None]]:
    """Return what each particle is to be seen as: spectrum, and source if it has one.

    Raises
    ------
    UserError
        If the responses know no such particle, or a spectrum is none.
    """
    observe = config.observe
    wanted: dict[str, tuple[Spectrum, Target | None]] = {}
    if observe is None:
        return wanted
    if (source := observe.source) is not None:
        spectrum = configured_spectrum(
            "observe.source.spectrum", source.spectrum, is_diffuse=False
        )
        target = observe.target
        at = (target.ra, target.dec)
        if source.ra is not None and source.dec is not None:
            at = (source.ra, source.dec)
        wanted[responses.signal] = (spectrum, Target(target.name, *at))
    for name, choice in observe.background.items():
        if name not in responses.particles or name == responses.signal:
            known = set(responses.particles) - {responses.signal}
            hint = did_you_mean(name, known)
            raise UserError(f"observe.background: no particle {name!r}; {hint}")
        key = f"observe.background.{name}"
        wanted[name] = (configured_spectrum(key, choice, is_diffuse=True), None)
    return wanted


def read_samples(
    inputs: Sequence[ListInput],
    responses: Responses,
    valid: Sequence[ValidResponse],
    config: DL3Config,
) -> list[SelectedSample]:
    """Read all particles that are to be seen, as simulated nearest to some responses.

    Parameters
    ----------
    inputs : sequence of ListInput
        Simulated ones.
    responses : Responses
        Of all observations.
    valid : sequence of ValidResponse
        For each observation, all with the same `simulations_for`.
    config : DL3Config
        All keys.

    Raises
    ------
    UserError
        If a particle has no events, or none that passes the cuts; if models were
        trained on them and they are to be refused.
    """
    samples = []
    for name, (spectrum, source) in wanted_spectra(config, responses).items():
        whole = _read(name, inputs, responses, valid[0], (spectrum, source))
        _check_trained(whole, config)
        passed = passed_by(responses, valid[0], whole.events)
        passes = _passes(valid, whole.events)
        passed["gh_cut"] = np.logical_or.reduce(passes)
        selected = SelectedSample(whole, passed, passes)
        if not selected.mask.any():
            counts = ", ".join(
                f"{np.count_nonzero(mask)} pass {cut}"
                for cut, mask in selected.passed.items()
            )
            raise UserError(
                f"{name}: none of {selected.mask.size} simulated events is left by the "
                f"cuts ({counts}): simulate more, cut less hard, or "
                f"{_leave_out(name, responses)}"
            )
        samples.append(selected)
    return samples


def _passes(
    valid: Sequence[ValidResponse], events: Mapping[str, AnyArray]
) -> list[Mask]:
    """Which events pass the cuts of each observation; one array for equal responses."""
    of = {id(each): each.cuts.passes_gh(events) for each in valid}
    return [of[id(each)] for each in valid]


def _leave_out(name: str, responses: Responses) -> str:
    key = "source" if name == responses.signal else f"background.{name}"
    return f"leave {name} out of the observation (observe.{key}=null)"


def _read(
    name: str,
    inputs: Sequence[ListInput],
    responses: Responses,
    valid: ValidResponse,
    target: tuple[Spectrum, Target | None],
) -> Sample:
    chosen = runs_of(name, inputs, responses.particles[name], valid)
    if not chosen:
        known = {
            p for each in inputs for several in each.primaries.values() for p in several
        }
        raise UserError(
            f"{name}: no input has runs of it (primaries "
            f"{', '.join(map(str, responses.particles[name]))}); the inputs have "
            f"{', '.join(map(str, sorted(known))) or 'none'}. Name a dataset of them "
            f"with --input, or {_leave_out(name, responses)}"
        )
    tables, parts, made = [], [], False
    for each, runs in chosen:
        obs_ids = runs["obs_id"].to_pylist()
        names = event_names(each.store, responses, WANTED)
        where = pc.field("obs_id").isin(obs_ids)
        read = each.store.read("events", list(names), where=where, verify=True)
        columns = to_columns(read, names)
        chosen_by = {k: responses.runs.get(each.runs[k], k) for k in obs_ids}
        columns["response_obs_id"] = _mapped(columns["obs_id"], chosen_by)
        parts.append(columns)
        tables.append(runs)
        made |= any(each.runs[k] in responses.runs for k in obs_ids)
    try:
        runs = read_simulated_runs(pa.concat_tables(tables))
    except UserError as error:
        raise UserError(f"{name}: {error}; name inputs of one kind only") from error
    return Sample(name, _joined(parts), runs, *target, made_responses=made)


def _mapped(obs_id: I8, to: Mapping[int, int]) -> I8:
    """Return other numbers of runs, those that the responses know them by."""
    known, row = np.unique(obs_id, return_inverse=True)
    return np.array([to[each] for each in known.tolist()], np.int64)[row]


def _joined(parts: Sequence[dict[str, AnyArray]]) -> dict[str, AnyArray]:
    """Rows of all, of the columns that all have."""
    names = [name for name in parts[0] if all(name in part for part in parts)]
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def _check_trained(sample: Sample, config: DL3Config) -> None:
    trained = sample.events.get("was_trained_on")
    if trained is None or config.trained_on == "keep" or not trained.any():
        return
    raise UserError(
        f"{sample.name}: models were trained on the showers of "
        f"{np.count_nonzero(trained)} of {trained.size} events, and what they say of "
        "these is too good: run stage3 with trained_on=drop, or take them with "
        "trained_on=keep"
    )
