"""Tasks over processes, and over the workers of a real Dask cluster of two processes."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.dataset_building.build_proteins import build_dataset
from patterson_gui.io.dataset_building.parallel import Task, results_of
from patterson_gui.io.datasets.proteins import DataSetSettings
from tests.io.small_proteins import write_protein


def never() -> bool:
    return False


def squares(n: int) -> Iterator[Task[int]]:
    return (Task(i, pow, (i, 2)) for i in range(n))


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a Dask cluster of two processes on this machine."""
    distributed = pytest.importorskip("dask.distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as running:
        yield running.scheduler_address


@pytest.mark.parametrize("jobs", [1, 2])
def test_returns_each_result_with_the_number_of_its_task(jobs: int) -> None:
    answers = dict(results_of(squares(7), 7, jobs, None, never))
    assert answers == {i: i * i for i in range(7)}


@pytest.mark.parametrize("jobs", [1, 2])
def test_stops_when_cancelled(jobs: int) -> None:
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        list(results_of(squares(200), 200, jobs, None, lambda: next(asked)))


def test_raises_an_error_in_the_list_of_tasks_without_hanging() -> None:
    def tasks() -> Iterator[Task[int]]:
        yield from squares(20)
        raise UserError("a file changed")

    with pytest.raises(UserError, match="a file changed"):
        list(results_of(tasks(), 40, 2, None, never))


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_reports_a_killed_process_in_one_sentence() -> None:
    with pytest.raises(UserError, match=r"ended from outside.*fewer --jobs"):
        list(results_of((Task(i, end_this_process, (i,)) for i in range(4)), 4, 2, None, never))


def end_this_process(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_dask_cluster_of_two_workers_builds_the_same_bytes(cluster: str, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    for i in range(40):  # three parts
        write_protein(tmp_path / "models" / f"{i:02d}ab.pdb", "ALA GLY SER LYS")
    here, there = tmp_path / "here.h5", tmp_path / "there.h5"
    build_dataset([tmp_path / "models"], here, DataSetSettings(), jobs=1)
    report = build_dataset([tmp_path / "models"], there, DataSetSettings(), dask=cluster)
    assert sum(report.examples.values()) > 40
    assert there.read_bytes() == here.read_bytes()


def test_distributes_tasks_over_the_workers_of_a_cluster(cluster: str) -> None:
    processes = set(
        dict(
            results_of((Task(i, own_process, (i,)) for i in range(16)), 16, None, cluster, never)
        ).values()
    )
    assert len(processes) == 2
    assert os.getpid() not in processes


def own_process(_: int) -> int:
    time.sleep(0.05)  # long enough for the other worker to take some too
    return os.getpid()


def test_reports_a_scheduler_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("patterson_gui.io.dataset_building.parallel._SECONDS_TO_CONNECT", 0.5)
    with pytest.raises(UserError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        list(results_of(squares(1), 1, None, "tcp://127.0.0.1:9", never))


def test_reports_a_cluster_without_workers() -> None:
    distributed = pytest.importorskip("dask.distributed")
    with (
        distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as empty,
        pytest.raises(UserError, match="has no workers"),
    ):
        list(results_of(squares(1), 1, None, empty.scheduler_address, never))


def test_rejects_workers_with_another_version(
    cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patterson_gui.io.dataset_building.parallel.__version__", "99.0")
    with pytest.raises(UserError, match=r"not version 99\.0: install this version there"):
        list(results_of(squares(1), 1, None, cluster, never))


def test_says_what_to_install_if_dask_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(UserError, match=r"Dask is not installed: install patterson-gui\[cluster\]"):
        list(results_of(squares(1), 1, None, "tcp://127.0.0.1:9", never))
