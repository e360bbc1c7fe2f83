from cta_columnar import clock


def test_all_time_goes_to_a_step(monkeypatch):
    times = iter([10.0, 10.5, 12.0, 15.0])
    monkeypatch.setattr(clock.time, "process_time", lambda: next(times))
    ours = clock.StepClock()
    for step in ("read", "write", "read"):
        ours.add(step)
    assert ours.seconds == {"read": 3.5, "write": 1.5}
