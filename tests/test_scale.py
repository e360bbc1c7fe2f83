"""The simulation of a scheduler against what can be computed by hand."""

import json
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest


@pytest.fixture
def part_of_scale(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[1])
    return lambda name: import_module(f"benchmarks.scale.{name}")


@pytest.fixture
def scheduler(part_of_scale):
    """What a simulation is made of."""
    farm, costs = part_of_scale("farm"), part_of_scale("scheduler")
    return SimpleNamespace(
        Farm=farm.Farm,
        Scheduler=costs.Scheduler,
        drawn=farm.drawn,
        simulate=part_of_scale("simulation").simulate,
    )


def test_without_overhead_all_workers_work_all_the_time(scheduler):
    out = scheduler.simulate([2.0] * 40, scheduler.Farm(8), scheduler.Scheduler(0.0))
    assert out.makespan_s == pytest.approx(10.0)
    assert out.efficiency == pytest.approx(1.0)
    assert out.utilisation == out.mean_wait_s == 0.0


def test_one_worker_does_one_task_after_the_other(scheduler):
    """Each task costs its time, the attention to its end, and two latencies."""
    how = scheduler.Scheduler(0.5, latency_s=0.25)
    out = scheduler.simulate([1.0, 2.0, 3.0], scheduler.Farm(1), how)
    assert out.makespan_s == pytest.approx(6.0 + 3 * (0.5 + 2 * 0.25))
    assert out.utilisation == pytest.approx(1.5 / out.makespan_s)


def test_more_workers_than_can_be_fed(scheduler):
    """Then the scheduler is busy all the time and decides on the makespan."""
    out = scheduler.simulate(
        [1.0] * 5000, scheduler.Farm(500), scheduler.Scheduler(0.01)
    )
    assert out.utilisation == pytest.approx(1.0, abs=0.03)
    assert out.makespan_s == pytest.approx(50.0 + 1.0)
    assert out.mean_wait_s == pytest.approx(500 * 0.01 - 1.0, rel=0.1)


def test_waiting_time_of_a_queue_with_constant_service(scheduler):
    """M/D/1: rho / (1 - rho) / 2 of a service, if many workers send rarely."""
    rho, service, workers = 0.7, 0.01, 4000
    mean = workers * service / rho
    random = np.random.default_rng(3)
    # Workers come at any phase of their first task; then the flow is one of Poisson.
    seconds = random.exponential(mean, 15 * workers)
    how = scheduler.Scheduler(service)
    out = scheduler.simulate(seconds, scheduler.Farm(workers), how)
    waited = np.array(out.waited_s)[workers : 10 * workers]
    assert waited.mean() == pytest.approx(rho / (1 - rho) / 2 * service, rel=0.15)


def test_reports_and_heartbeats_take_their_share(scheduler):
    how = scheduler.Scheduler(
        0.001, report_s=0.0005, report_every_s=1.0, heartbeat_s=0.001
    )
    assert how.background(100) == pytest.approx(100 * 0.0005 + 100 / 2.0 * 0.001)
    assert how.message_s(100) == pytest.approx(0.001 / 0.9)
    out = scheduler.simulate([10.0] * 1000, scheduler.Farm(100), how)
    assert out.utilisation == pytest.approx(0.1 + 1.0 / out.makespan_s)
    with pytest.raises(ValueError, match="more than can be heard"):
        scheduler.simulate([1.0], scheduler.Farm(2000), how)


def test_every_task_is_done_once_whoever_is_lost(scheduler):
    seconds = scheduler.drawn([1.0, 2.0, 4.0], 60.0, 3000)
    farm = scheduler.Farm(100, ramp_s=30.0, lost_per_hour=5.0)
    out = scheduler.simulate(seconds, farm, scheduler.Scheduler(0.005))
    assert out.times_done == [1] * len(seconds)
    assert out.work_s == pytest.approx(sum(seconds))
    # 100 workers for half an hour.
    assert out.losses == pytest.approx(out.work_s / 3600 * 5.0, rel=0.25)
    assert 0 < out.wasted_s < out.losses * max(seconds)
    assert out.efficiency < 1 - out.wasted_s / out.work_s / 2


def test_the_same_seed_gives_the_same_run(scheduler):
    def run(seed):
        seconds = scheduler.drawn([1.0, 3.0], 5.0, 400, seed=seed)
        farm = scheduler.Farm(20, lost_per_hour=20.0, seed=seed)
        return scheduler.simulate(seconds, farm, scheduler.Scheduler(0.01))

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_drawn_times_have_the_mean_and_the_stragglers(scheduler):
    drawn = np.array(scheduler.drawn([1.0, 2.0, 3.0], 60.0, 20000))
    assert set(np.unique(drawn)) == {30.0, 60.0, 90.0}
    assert drawn.mean() == pytest.approx(60.0, rel=0.02)
    slow = scheduler.drawn(
        [1.0], 60.0, 20000, straggler_share=0.1, straggler_factor=5.0
    )
    assert np.mean(np.array(slow) == 300.0) == pytest.approx(0.1, rel=0.1)


def test_an_array_of_equal_shards_is_as_long_as_an_element(part_of_scale):
    """4 elements of 2 workers, 10 shards each; they begin 3 s after each other."""
    arrays = part_of_scale("arrays")
    batch = arrays.Batch(4, 2, 4, 3.0, 10.0)
    out = arrays.simulate_array([6.0] * 40, [1] * 40, batch)
    assert out.longest_s == pytest.approx(10.0 + 5 * 6.0)
    assert out.makespan_s == pytest.approx(3 * 3.0 + out.longest_s)
    assert (out.shards_done, out.workers) == (40, 8)
    halved = arrays.Batch(4, 2, 2, 0.0, 10.0)
    out = arrays.simulate_array([6.0] * 40, [1] * 40, halved)
    assert out.makespan_s == pytest.approx(2 * 40.0)


def test_cores_and_bytes_of_a_year(part_of_scale):
    """1000 events/s for 1e6 s, 500 us and 100 kB each, again in 1e5 s."""
    size = part_of_scale("size")
    of = size.Observatory(1000.0, 1e6, 1e14, 1e5, 0.5, 0.01 / 3600)
    way = size.Way("any", 100.0, 500.0)
    assert way.live_cores(of) == pytest.approx(1.0)
    assert way.core_s(of) == pytest.approx(1e6)
    assert way.cores(of) == pytest.approx(10.0)
    assert way.euro(of) == pytest.approx(1e4 / 3600)
    assert way.petabytes(of) == pytest.approx(0.1)
    assert way.gb_s(of) == pytest.approx(1.0)
    assert way.mb_per_core_s == pytest.approx(200.0)
    cut = size.Shards(100.0, 1e6, 5.0, 12.0, 4.0, 160.0)
    assert (cut.number, cut.all_files) == (1e4, 1.2e5)
    assert cut.calls_hz == pytest.approx(8.0)


def test_rates_are_read_where_benchmarks_wrote_them(part_of_scale):
    root = Path(__file__).parents[1]
    rates, size = part_of_scale("rates"), part_of_scale("size")
    found = rates.rates(root / "README.md")
    volumes = rates.volumes(root / "docs" / "dl0.md")
    assert found.keys() == size.CAMERAS.keys()
    for speed in found.values():
        assert speed["ours"] > speed["ctapipe"] > 50
        assert 0 < speed["stage 2"] < 1e6 / speed["ours"]
    for incumbent, raw, lossless, reduced in size.ways(found, volumes):
        assert incumbent.us > raw.us
        assert incumbent.kb == raw.kb > lossless.kb > reduced.kb > 1


def test_the_two_tables_of_a_scheduler_agree(part_of_scale):
    """Busy while all work, in one, decides on the most workers, in the other."""
    cases = part_of_scale("cases")
    measured = json.loads(part_of_scale("measure").MEASURED.read_text())
    for minutes in cases.MINUTES:
        most = cases.most_workers(measured, minutes)
        for workers in (*cases.WORKERS, most, most + 1):
            scheduler = cases.scheduler_of(measured, workers)
            share = cases.busy(scheduler, workers, minutes)
            by_hand = workers / (60 * minutes) * scheduler.task_s
            assert share == pytest.approx(by_hand + scheduler.background(workers))
            assert (share < 0.5) == (workers <= most)


def test_a_run_is_as_busy_as_that_while_all_work(part_of_scale, scheduler):
    """Many short tasks for each worker: then beginning and end are little of it."""
    how = scheduler.Scheduler(0.002, idle=0.05, heartbeat_s=0.001)
    share = part_of_scale("cases").busy(how, 100, 1 / 60)
    seconds = scheduler.drawn([0.8, 1.0, 1.2], 1.0, 100 * 100)
    out = scheduler.simulate(seconds, scheduler.Farm(100), how)
    assert out.utilisation == pytest.approx(share, rel=0.05)


def test_the_tables_of_the_page_are_those_of_what_was_measured(part_of_scale):
    """Whoever changes the model or its inputs makes the page anew."""
    root = Path(__file__).parents[1]
    tables, page = part_of_scale("tables"), (root / "docs/scale.md").read_text()
    measured = json.loads(part_of_scale("measure").MEASURED.read_text())
    for text in (
        tables.inputs(),
        tables.size(root),
        tables.shards(root, measured),
        tables.costs(measured),
        tables.machines(measured),
        tables.limits(measured),
        tables.troubles(measured),
        tables.job_arrays(measured),
        tables.validation(measured),
    ):
        assert text in page, "python -m benchmarks.scale --page docs/scale.md"
