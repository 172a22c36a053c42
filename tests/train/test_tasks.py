import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from recognizer.archive import dask_client
from recognizer.errors import RecognizerError
from tests.local_cluster import cluster, worker_pids
from tests.recognizer.faults.programs import heed_signals
from train import progress
from train.errors import DataError
from train.tasks import AHEAD, TRIES, Tasks
from train.worker_processes import THREAD_SETTINGS

__all__ = ["cluster"]

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["here", "processes", "cluster"])
def tasks(request):
    if request.param == "cluster":
        made = Tasks(scheduler=request.getfixturevalue("cluster").scheduler_address)
    else:
        made = Tasks(1 if request.param == "here" else 2)
    with made:
        yield made


@pytest.fixture(params=["processes", "cluster"])
def elsewhere(request):
    if request.param == "cluster":
        made = Tasks(scheduler=request.getfixturevalue("cluster").scheduler_address)
    else:
        made = Tasks(2)
    with made:
        yield made


def square(number):
    return number * number


def late(number):
    """The earlier of two, the later."""
    time.sleep(0.02 * (number % 2 == 0))
    return number


def where(_):
    return os.getpid(), threading.current_thread() is threading.main_thread()


class OddError(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def fail(number):
    if number == 3:
        raise DataError("The third is missing.")
    if number == 4:
        raise OddError(1, 2)
    return number


def kill_once(item):
    number, flag = item
    if number == 5 and not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def kill_always(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def wait_for(item):
    """The first waits until so many have begun as may; returns how many that were."""
    number, folder, count = item
    (folder / str(number)).touch()
    while number == 0 and len(list(folder.iterdir())) < count:
        time.sleep(0.01)
    return len(list(folder.iterdir()))


def begin_and_wait(item):
    number, folder = item
    (folder / f"{number}.{os.getppid()}.{os.getpid()}").touch()
    while not (folder / "go").exists():
        time.sleep(0.01)
    return number


def settings(_):
    return [os.environ.get(name) for name in THREAD_SETTINGS]


def test_results_come_in_the_order_of_the_items(tasks):
    assert list(tasks.map(late, range(12), "waiting")) == list(range(12))
    assert list(tasks.map(square, iter([3, 1]), "again")) == [9, 1]
    assert list(tasks.map(square, [], "nothing")) == []


def test_results_as_they_come_name_their_item(tasks):
    assert sorted(tasks.as_done(square, [3, 1, 2], "squares")) == [(0, 9), (1, 1), (2, 4)]


def test_a_late_result_holds_no_other_one_up(elsewhere, tmp_path):
    # The first ends only when the fourth has begun, and that only when one of the others ended.
    items = [(number, tmp_path, 4) for number in range(4)]
    order = [index for index, _ in elsewhere.as_done(wait_for, items, "waiting")]
    assert sorted(order) == [0, 1, 2, 3]
    assert order[0] != 0


@pytest.mark.parametrize(("number", "kind"), [(3, DataError), (4, Exception)])
def test_what_a_task_raises_is_raised(tasks, number, kind):
    with pytest.raises(kind, match=r"The third is missing\.|1 and 2"):
        list(tasks.map(fail, [1, number, 2], "failing"))
    assert list(tasks.map(square, [2], "after it")) == [4]


def test_one_process_is_this_one():
    with Tasks(1) as tasks:
        assert list(tasks.map(where, [0], "here")) == [(os.getpid(), True)]


def test_more_processes_are_others_and_end():
    with Tasks(2) as tasks:
        pids = {pid for pid, _ in tasks.map(where, range(20), "there")}
        assert os.getpid() not in pids
        assert len(pids) <= 2
    assert not any(map(psutil.pid_exists, pids))


def test_a_cluster_s_tasks_are_alone_in_their_processes(cluster):
    with Tasks(scheduler=cluster.scheduler_address) as tasks:
        found = set(tasks.map(where, range(8), "there"))
    # A worker's own threads draw from the random numbers that a training is seeded with.
    assert not {pid for pid, _ in found} & {os.getpid(), *worker_pids(cluster)}
    assert all(main_thread for _, main_thread in found)


def test_threads_are_limited_in_a_process_apart():
    before = dict(os.environ)
    with Tasks(1, threads=3) as tasks:
        ((pid, _),) = tasks.map(where, [0], "there")
        assert pid != os.getpid()
        (given,) = tasks.map(settings, [0], "there")
    assert given == ["3"] * len(THREAD_SETTINGS)
    assert dict(os.environ) == before


def test_a_killed_process_loses_nothing(elsewhere, tmp_path):
    items = [(number, tmp_path / "killed") for number in range(12)]
    assert list(elsewhere.map(kill_once, items, "killing")) == list(range(12))
    assert (tmp_path / "killed").exists()


def test_a_task_that_kills_every_process_is_one_sentence(elsewhere):
    with pytest.raises(DataError, match=rf"killed {TRIES} times, most likely because memory"):
        list(elsewhere.map(kill_always, range(6), "killing"))
    assert list(elsewhere.map(square, [2], "after it")) == [4]


def test_a_worker_killed_from_outside_loses_nothing(cluster, tmp_path):
    with Tasks(scheduler=cluster.scheduler_address) as tasks:
        found = []

        def collect():
            items = [(number, tmp_path) for number in range(6)]
            found.extend(tasks.map(begin_and_wait, items, "waiting"))

        thread = threading.Thread(target=collect)
        thread.start()
        while not (begun := list(tmp_path.iterdir())):
            time.sleep(0.01)
        number, worker, process = map(int, begun[0].name.split("."))
        assert worker in worker_pids(cluster)
        os.kill(worker, signal.SIGKILL)
        while psutil.pid_exists(process):
            time.sleep(0.01)
        (tmp_path / "go").touch()
        thread.join()
    assert found == list(range(6))
    assert len(list(tmp_path.glob(f"{number}.*"))) == 2


def test_only_so_many_are_begun_ahead_of_the_first(tmp_path):
    span = AHEAD * 2 * 2
    items = [(number, tmp_path, span) for number in range(2 * span)]
    with Tasks(2) as tasks:
        assert next(tasks.map(wait_for, items, "waiting")) == span


def test_how_far_it_is_is_told_without_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(progress, "NOTE_S", -1.0)
    list(Tasks(1).map(square, range(3), "squaring"))
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [f"squaring: {n} of 3" for n in (1, 2, 3)]


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nonsense", "", "foo://127.0.0.1:1"])
def test_a_scheduler_that_does_not_answer_is_one_sentence(monkeypatch, address):
    monkeypatch.setattr(dask_client, "CONNECT_S", 0.2)
    with pytest.raises(
        RecognizerError, match=rf"No Dask scheduler answers at '{address}'; start one"
    ):
        Tasks(scheduler=address).__enter__()


def test_a_worker_is_no_scheduler(cluster):
    address = next(iter(cluster.scheduler.workers))
    with pytest.raises(RecognizerError, match="No Dask scheduler answers"):
        Tasks(scheduler=address).__enter__()


def test_a_scheduler_without_workers_is_one_sentence(monkeypatch):
    from distributed import LocalCluster

    monkeypatch.setattr(dask_client, "WORKERS_S", 0.1)
    options = {"n_workers": 0, "host": "127.0.0.1", "dashboard_address": ":0"}
    with (
        LocalCluster(**options) as empty,
        pytest.raises(
            RecognizerError, match=rf"{empty.scheduler_address} has no workers; start some"
        ),
    ):
        Tasks(scheduler=empty.scheduler_address).__enter__()


def lack(_):
    raise ModuleNotFoundError("No module named 'nonsense'", name="nonsense")


def test_what_a_cluster_lacks_is_named(cluster):
    with (
        Tasks(scheduler=cluster.scheduler_address) as tasks,
        pytest.raises(DataError, match="a machine lacks the package nonsense; install this"),
    ):
        list(tasks.map(lack, [1], "lacking"))
    with pytest.raises(ModuleNotFoundError), Tasks(2) as tasks:
        list(tasks.map(lack, [1], "lacking"))


def test_a_missing_distributed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RecognizerError, match=r"distributed.*install .*recognizer\[cluster\]"):
        Tasks(scheduler="tcp://127.0.0.1:8786").__enter__()


PROGRAM = """
import sys
from pathlib import Path
from train.cli import _guarded
from train.tasks import Tasks
sys.path.insert(0, sys.argv[1])
import test_tasks
def run():
    with Tasks(2) as tasks:
        list(tasks.map(test_tasks.begin_and_wait, [(n, Path(sys.argv[2])) for n in range(9)], "x"))
    return 0
if __name__ == "__main__":
    sys.exit(_guarded(run))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_the_program(tmp_path, number):
    program, begun = tmp_path / "program.py", tmp_path / "begun"
    program.write_text(PROGRAM)
    begun.mkdir()
    process = subprocess.Popen(
        [sys.executable, str(program), str(Path(__file__).parent), str(begun)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_signals,
    )
    try:
        while process.poll() is None and len(list(begun.iterdir())) < 2:
            time.sleep(0.02)
        pids = [int(path.suffix[1:]) for path in begun.iterdir()]
        # Ctrl-C reaches the whole group; what runs out of memory is one process.
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        _, errors = process.communicate(timeout=60)
        while any(map(psutil.pid_exists, pids)):
            time.sleep(0.02)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert errors == "recognizer-train: interrupted; what is finished is kept.\n"
