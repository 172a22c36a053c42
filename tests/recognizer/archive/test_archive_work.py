import contextlib
import os
import signal
import sys
import threading
import time

import psutil
import pytest

from recognizer.archive import cluster as cluster_module
from recognizer.archive import dask_client, work
from recognizer.archive.cluster import Cluster
from recognizer.archive.processes import TRIES, Processes
from recognizer.archive.work import results
from recognizer.errors import RecognizerError
from tests.local_cluster import cluster, worker_pids

__all__ = ["cluster"]


@pytest.fixture(params=["processes", "cluster"])
def workers(request):
    if request.param == "cluster":
        with Cluster(request.getfixturevalue("cluster").scheduler_address) as made:
            yield made
    else:
        with Processes(2) as made:
            yield made


def square(number):
    return number * number


def where(_):
    return os.getpid()


def fail(number):
    if number == 3:
        raise RecognizerError("The third is missing.")
    return number


def kill_once(item):
    number, flag = item
    if number == 5 and not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def kill_always(item):
    number, folder = item
    with (folder / str(number)).open("a") as file:
        file.write("x")
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def wait_for(item):
    """The first waits until so many others have begun; gives how many had."""
    number, folder, count = item
    (folder / str(number)).touch()
    while number == 0 and len(list(folder.iterdir())) < count:
        time.sleep(0.01)
    time.sleep(0.2 * (number == 0))
    return len(list(folder.iterdir()))


def begin_and_wait(item):
    number, folder = item
    (folder / f"{number}.{os.getppid()}.{os.getpid()}").touch()
    while not (folder / "go").exists():
        time.sleep(0.01)
    return number


def how_signals_are(_):
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    return (
        [signal.getsignal(number) == signal.SIG_IGN for number in (signal.SIGINT, signal.SIGTERM)],
        {signal.SIGINT, signal.SIGTERM} & blocked,
    )


def test_each_result_names_its_item(workers):
    assert sorted(results(workers, square, [3, 1, 2])) == [(0, 9), (1, 1), (2, 4)]
    assert sorted(results(workers, square, list(range(100)))) == [(n, n * n) for n in range(100)]
    assert list(results(workers, square, [])) == []


def test_what_a_call_raises_is_raised_and_ends_the_rest(workers):
    with pytest.raises(RecognizerError, match=r"The third is missing\."):
        list(results(workers, fail, [1, 3, 2]))


def test_a_killed_worker_loses_nothing(workers, tmp_path):
    items = [(number, tmp_path / "killed") for number in range(40)]
    assert sorted(results(workers, kill_once, items)) == [(n, n) for n in range(40)]
    assert (tmp_path / "killed").exists()


def test_what_kills_every_worker_is_given_up_and_nothing_else(workers, tmp_path):
    items = [(number, tmp_path) for number in range(40)]
    found = dict(results(workers, kill_always, items))
    assert found == {n: None if n == 3 else n for n in range(40)}
    assert len((tmp_path / "3").read_text()) == TRIES


def test_a_late_one_holds_no_other_up(workers, tmp_path):
    # What is at hand behind the first waits for it. More must have begun than are under way at
    # once, so that a result is here before the first one's.
    items = [(number, tmp_path, 9) for number in range(12)]
    order = [index for index, _ in results(workers, wait_for, items)]
    assert sorted(order) == list(range(12))
    assert order[0] != 0


def test_only_so_many_are_begun_ahead_of_the_first(tmp_path, monkeypatch):
    monkeypatch.setattr(work, "AHEAD", 6)
    items = [(number, tmp_path, 5) for number in range(30)]
    with Processes(2) as workers:
        found = dict(results(workers, wait_for, items))
    assert found[0] in (5, 6)


def test_processes_are_others_and_end():
    with Processes(2) as workers:
        pids = {pid for _, pid in results(workers, where, range(30))}
        assert all(map(psutil.pid_exists, pids))
    assert os.getpid() not in pids
    assert 1 <= len(pids) <= 2
    assert not any(map(psutil.pid_exists, pids))


def test_processes_end_in_the_middle_of_what_they_do(tmp_path):
    items = [(number, tmp_path) for number in range(4)]

    def stop_soon():
        if len(list(tmp_path.iterdir())) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Processes(2) as workers:
        list(results(workers, begin_and_wait, items, tick=stop_soon))
    pids = [int(path.suffix[1:]) for path in tmp_path.iterdir()]
    assert len(pids) == 2
    assert not any(map(psutil.pid_exists, pids))


def test_a_process_killed_while_idle_is_replaced():
    with Processes(1) as workers:
        ((_, pid),) = results(workers, where, [0])
        os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.wait_procs([psutil.Process(pid)])
        ((_, other),) = results(workers, where, [0])
    assert other not in (pid, None)


def test_a_process_leaves_ctrl_c_to_the_first_one_and_hears_sigterm():
    with Processes(1) as workers:
        ((_, found),) = results(workers, how_signals_are, [0])
    assert found == ([True, False], set())
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_cluster_s_worker_killed_from_outside_loses_nothing(cluster, tmp_path):
    items = [(number, tmp_path) for number in range(12)]
    found = []
    with Cluster(cluster.scheduler_address) as workers:
        thread = threading.Thread(
            target=lambda: found.extend(results(workers, begin_and_wait, items))
        )
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
    assert sorted(found) == [(n, n) for n in range(12)]
    assert len(list(tmp_path.glob(f"{number}.*"))) == 2


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nonsense", "", "foo://127.0.0.1:1"])
def test_a_scheduler_that_does_not_answer_is_one_sentence(monkeypatch, address):
    monkeypatch.setattr(dask_client, "CONNECT_S", 0.2)
    with pytest.raises(RecognizerError, match=rf"No Dask scheduler answers at '{address}'; start"):
        Cluster(address).__enter__()


def test_a_worker_is_no_scheduler(cluster):
    address = next(iter(cluster.scheduler.workers))
    with pytest.raises(RecognizerError, match="No Dask scheduler answers"):
        Cluster(address).__enter__()


def test_a_scheduler_without_workers_is_one_sentence(monkeypatch):
    from distributed import LocalCluster

    monkeypatch.setattr(dask_client, "WORKERS_S", 0.1)
    options = {"n_workers": 0, "host": "127.0.0.1", "dashboard_address": ":0"}
    with (
        LocalCluster(**options) as empty,
        pytest.raises(RecognizerError, match=rf"{empty.scheduler_address} has no workers; start"),
    ):
        Cluster(empty.scheduler_address).__enter__()


def test_a_scheduler_that_goes_is_one_sentence(tmp_path):
    from distributed import LocalCluster

    options = {"n_workers": 1, "host": "127.0.0.1", "dashboard_address": ":0"}
    made = LocalCluster(**options, silence_logs="CRITICAL")
    address = made.scheduler_address
    # More than are under way, or the last result may come before the end.
    items = [(number, tmp_path) for number in range(40)]

    def go():
        if any(tmp_path.iterdir()):
            (tmp_path / "go").touch()
            made.close()

    with (
        pytest.raises(RecognizerError, match=f"scheduler {address} is gone"),
        Cluster(address) as workers,
    ):
        list(results(workers, begin_and_wait, items, tick=go))


@pytest.mark.parametrize("counted", [False, True])
def test_a_scheduler_that_is_gone_before_a_call_is_the_same_sentence(counted, monkeypatch):
    """Between two looks at it: while the workers are counted, and while a call is sent."""
    from distributed import LocalCluster

    options = {"n_workers": 1, "host": "127.0.0.1", "dashboard_address": ":0"}
    made = LocalCluster(**options, silence_logs="CRITICAL")
    address = made.scheduler_address
    with Cluster(address) as workers:
        if counted:
            workers.begin(abs, -1, 1).result()
        monkeypatch.setattr(cluster_module, "COUNT_S", 1e9 if counted else -1.0)
        made.close()
        workers._client.close()
        with pytest.raises(RecognizerError, match=f"scheduler {address} is gone"):
            workers.begin(abs, -1, 1)


def lack(_):
    raise ModuleNotFoundError("No module named 'nonsense'", name="nonsense")


def test_what_a_cluster_lacks_is_named(cluster):
    with (
        Cluster(cluster.scheduler_address) as workers,
        pytest.raises(RecognizerError, match="a machine lacks the package nonsense; install this"),
    ):
        list(results(workers, lack, [1]))


def test_a_missing_distributed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RecognizerError, match=r"distributed.*install .*recognizer\[cluster\]"):
        Cluster("tcp://127.0.0.1:8786").__enter__()
