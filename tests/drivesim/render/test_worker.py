import threading

import pytest

from drivesim.render.worker import Worker


def test_a_worker_does_one_job_at_a_time():
    worker, gate = Worker(), threading.Event()
    worker.submit(gate.wait)
    assert worker.busy and not worker.ready
    with pytest.raises(RuntimeError, match="busy"):
        worker.submit(gate.wait)
    with pytest.raises(TimeoutError):
        worker.result(0.01)
    gate.set()
    assert worker.result(5.0) is True
    assert not worker.busy


def test_a_closed_worker_finishes_its_job_and_its_thread_ends():
    before = threading.active_count()
    worker = Worker()
    worker.submit(lambda: 7)
    worker.close()
    assert worker.result(5.0) == 7
    for _ in range(100):
        if threading.active_count() == before:
            break
        threading.Event().wait(0.01)
    assert threading.active_count() == before
