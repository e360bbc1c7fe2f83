"""Event lists: reconstructed events to a folder of GADF files."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cta_columnar.clock import StepClock
from cta_columnar.config import DL3Config
from cta_columnar.digests import sha256_of
from cta_columnar.errors import UserError
from cta_columnar.pipelines.dl3.array import check_array
from cta_columnar.pipelines.dl3.conditions import Conditions, open_conditions
from cta_columnar.pipelines.dl3.inputs import ListInput, open_inputs
from cta_columnar.pipelines.dl3.lists import EventList, Gathered
from cta_columnar.pipelines.dl3.recorded import recorded_lists
from cta_columnar.pipelines.dl3.responses import Responses
from cta_columnar.pipelines.dl3.simulated import simulated_lists
from cta_columnar.pipelines.dl3.spectra import check_spectra
from cta_columnar.pipelines.dl3.summary import Made, check_some_event, warnings_of
from cta_columnar.pipelines.dl3.writing import write_lists
from cta_columnar.pipelines.running.common import (
    CutFlowRow,
    PlannedShard,
    RunOptions,
    RunSummary,
)
from cta_columnar.pipelines.running.simulated_inputs import content_digest
from cta_columnar.provenance import Activity
from cta_columnar.store import open_irf, recorded
from cta_columnar.store.gadf import (
    WrittenObservation,
    check_dl3_output,
    file_name,
    new_dl3,
)


def run_dl3(
    datasets: Sequence[Path], output: Path, config: DL3Config, options: RunOptions
) -> RunSummary:
    """Make event lists with their responses.

    Parameters
    ----------
    datasets : sequence of pathlib.Path
        Datasets of stage 3: simulated ones with ``config.observe``, else recorded.
    output : pathlib.Path
        Folder of the event lists.
    config : DL3Config
        Complete, as `cta_columnar.config.load` returns it.
    options : RunOptions
        How to run.

    Raises
    ------
    UserError
        If inputs, responses and observations do not go together, or the output is in
        use: before anything is written.
    """
    if options.resume:
        raise UserError("event lists are made as a whole: there is nothing to resume")
    started, clock = time.perf_counter(), StepClock()
    check_dl3_output(output, overwrite=options.overwrite)
    read = _read(datasets, output, config)
    clock.add("select")
    if options.dry_run:
        return _dry_run(output, read.gathered, config)
    activity = Activity("dl3", config.model_dump(mode="json"))
    with (
        new_dl3(output, overwrite=options.overwrite) as draft,
        recorded(draft, activity),
    ):
        lists = write_lists(
            draft,
            read.gathered,
            read.responses,
            read.conditions,
            config,
            options,
            clock,
        )
        written = lists.observations
        _note(activity, draft, read, written)
        clock.add("write")
    n_events = sum(each.n_events for each in written)
    return RunSummary(
        "dl3",
        output,
        {"observations": len(written), "events": n_events},
        [CutFlowRow(**row) for row in lists.cut_flow.to_pylist()],
        clock.seconds,
        seconds=time.perf_counter() - started,
        warnings=lists.warnings,
    )


def _dry_run(output: Path, gathered: Gathered, config: DL3Config) -> RunSummary:
    """Make each list, and keep only what is said of it."""
    made = Made(gathered.cut_flow)
    planned = [_planned(made.noted(each.make())) for each in gathered.planned]
    check_some_event(made)
    told = [*gathered.warnings, *warnings_of(made, config.responses)]
    return RunSummary("dl3", output, shards=planned, warnings=told, what="observations")


@dataclass(frozen=True, eq=False)
class _Read:
    """All that a run has read."""

    inputs: Sequence[ListInput]
    responses: Responses
    conditions: Conditions
    gathered: Gathered


def _read(datasets: Sequence[Path], output: Path, config: DL3Config) -> _Read:
    """Read everything, and find which event is in which list."""
    if config.irf is None:
        raise UserError("irf: name the folder of responses, with --irf")
    if config.observe is not None and config.technical.monitoring:
        raise UserError(
            "technical.monitoring: simulated observations have no calibration events"
        )
    inputs = open_inputs(datasets, output, simulated=config.observe is not None)
    responses = Responses(open_irf(config.irf), config)
    if config.observe is not None:
        check_array(inputs[0].store, None, responses)
        check_spectra(responses, config)
    given = config.technical
    conditions = open_conditions(given.weather, given.monitoring)
    if config.observe is None:
        gathered = recorded_lists(inputs, responses, config)
    else:
        gathered = simulated_lists(inputs, responses, config, config.observe)
    seen = [each.observation for each in gathered.planned]
    told = [*gathered.warnings, *conditions.warnings(seen, given.interval)]
    return _Read(inputs, responses, conditions, replace(gathered, warnings=told))


def _planned(each: EventList) -> PlannedShard:
    minutes, said = each.observation.ontime / 60, each.response.said
    what = f"{each.n_events:,} events in {minutes:g} min, responses of {said}"
    return PlannedShard(file_name(each.observation.obs_id), (what,))


def _note(
    activity: Activity, draft: Path, read: _Read, written: Sequence[WrittenObservation]
) -> None:
    """Note in the provenance what was read, and every file that came of it."""
    sources = [
        activity.used(str(each.store.root.absolute()), each.digest, each.store.size)
        for each in read.inputs
    ]
    irf = read.responses.dataset.root
    manifest = irf / "irf.json"
    size = manifest.stat().st_size
    sources.append(activity.used(str(irf.absolute()), sha256_of(manifest), size))
    sources += [
        activity.used(str(each.root.absolute()), content_digest(each), each.size)
        for each in read.conditions.monitored
    ]
    if (weather := read.conditions.weather_file) is not None:
        size = weather.stat().st_size
        sources.append(activity.used(str(weather.absolute()), sha256_of(weather), size))
    rows = {file_name(each.obs_id): each.n_events for each in written}
    for path in sorted(draft.rglob("*")):
        if path.suffix in (".gz", ".parquet"):
            name = path.relative_to(draft).as_posix()
            activity.produced(name, sha256_of(path), rows.get(name, 0), sources)
