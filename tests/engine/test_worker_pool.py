"""Workers do all tasks, and a lost one costs one task."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sys
import threading
import time
from multiprocessing import forkserver
from pathlib import Path

import pytest

from pipeline.engine import worker_pool
from pipeline.engine.executor import Executor
from pipeline.engine.worker_pool import Task, TaskFailure, begin_step


def double(number: int) -> int:
    return 2 * number


def fall(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def stumble(number: int) -> int:
    if number == 1:
        raise ValueError("one")
    return number


def linger(number: int) -> int:
    if number == 0:
        time.sleep(60)
    return number


def toil(number: int) -> int:
    if number == 0:
        re.match("(a*)*b", "a" * 40)
    return number


def toil_in_second_step(number: int) -> int:
    begin_step("first", 60)
    begin_step("second", 1)
    return toil(number)


def wait_in_step() -> None:
    begin_step("only", 0.5)
    time.sleep(60)


def number_of_process(_number: int) -> int:
    return os.getpid()


def leave_a_mark(path: Path) -> bool:
    path.touch()
    return True


def work_for(seconds: float) -> float:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    return seconds


def test_every_task_gives_its_result() -> None:
    with Executor(2) as workers:
        done = {task.arguments[0]: result for task, result in workers.render(Task(double, (n,), 60) for n in range(9))}

    assert done == {n: 2 * n for n in range(9)}


def test_those_who_began_early_do_the_first_tasks() -> None:
    with Executor(2) as workers:
        workers.begin(["newsletter"])
        early = {process.pid for process in multiprocessing.active_children()}
        tasks = (Task(number_of_process, (n,), 60) for n in range(4))
        done = {result for _, result in workers.read(tasks)}

    assert len(early) == 1
    assert early < done


def test_tasks_are_handed_out_before_a_result_is_asked_for(tmp_path: Path) -> None:
    with Executor(1) as workers:
        results = workers.render([Task(leave_a_mark, (tmp_path / "mark",), 60)])
        until = time.monotonic() + 60
        while not (tmp_path / "mark").exists() and time.monotonic() < until:
            time.sleep(0.02)
        was_there = (tmp_path / "mark").exists()
        assert [result for _, result in results] == [True]

    assert was_there


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no server starts workers")
def test_a_server_that_dies_while_it_starts_a_worker_costs_nothing() -> None:
    with Executor(1) as workers:
        assert [result for _, result in workers.render([Task(double, (1,), 60)])] == [2]
    server = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]  # of the standard library's own
    os.kill(server, signal.SIGSTOP)
    threading.Timer(0.5, os.kill, (server, signal.SIGKILL)).start()

    with Executor(1) as workers:
        done = [result for _, result in workers.render([Task(double, (2,), 60)])]

    assert done == [4]


def test_workers_serve_several_rounds() -> None:
    with Executor(1) as workers:
        first = [result for _, result in workers.render([Task(double, (1,), 60)])]
        second = [result for _, result in workers.render([Task(double, (2,), 60)])]

    assert (first, second) == ([2], [4])


def test_a_worker_that_is_killed_costs_one_task() -> None:
    with Executor(2) as workers:
        done = {task.arguments[0]: result for task, result in workers.render(Task(fall, (n,), 60) for n in range(8))}

    lost = done.pop(3)
    assert lost == TaskFailure("its process died (SIGKILL)", is_worker_lost=True)
    assert done == {n: n for n in range(8) if n != 3}


def test_a_task_that_raises_names_the_fault_and_keeps_its_worker() -> None:
    with Executor(1) as workers:
        done = {task.arguments[0]: result for task, result in workers.render(Task(stumble, (n,), 60) for n in range(3))}

    assert done == {0: 0, 1: TaskFailure("ValueError: one", is_worker_lost=False), 2: 2}


def test_a_task_that_waits_for_ever_is_ended() -> None:
    with Executor(1) as workers:
        tasks = [Task(linger, (0,), 0.5), Task(linger, (1,), 60)]
        done = {task.arguments[0]: result for task, result in workers.render(tasks)}

    assert done == {0: TaskFailure("it did not end within 2 seconds", is_worker_lost=True), 1: 1}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for the time of a processor")
def test_a_task_that_takes_a_processor_for_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a pattern, where no handler of Python's would ever be called."""
    monkeypatch.setattr(worker_pool, "WALL_CLOCK_FACTOR", 500)  # the clock must not be first
    with Executor(1) as workers:
        done = {task.arguments[0]: result for task, result in workers.render(Task(toil, (n,), 1) for n in range(2))}

    assert done == {0: TaskFailure("it took more than 1 seconds of a processor", is_worker_lost=True), 1: 1}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for the time of a processor")
def test_a_step_of_a_task_has_its_own_time_and_is_named_where_it_takes_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pool, "WALL_CLOCK_FACTOR", 500)
    with Executor(1) as workers:
        tasks = (Task(toil_in_second_step, (n,), 60) for n in range(2))
        done = {task.arguments[0]: result for task, result in workers.render(tasks)}

    assert done == {0: TaskFailure("it took more than 1 seconds of a processor", True, "second"), 1: 1}


def test_a_step_that_waits_is_ended_by_its_own_clock() -> None:
    with Executor(1) as workers:
        done = [result for _, result in workers.render([Task(wait_in_step, (), 60)])]

    assert done == [TaskFailure("it did not end within 2 seconds", True, "only")]


def test_each_task_has_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pool, "WALL_CLOCK_FACTOR", 500)
    with Executor(1) as workers:
        done = [result for _, result in workers.render(Task(work_for, (1.2,), 1) for _ in range(4))]

    assert done == [1.2] * 4


def test_interrupt_ends_the_thread_that_waits_for_workers() -> None:
    """The thread is over before the workers are ended, so no pipe is closed twice."""
    outcomes: list[type[BaseException]] = []

    def wait_for_results(workers: Executor) -> None:
        try:
            list(workers.render([Task(linger, (0,), 90)]))
        except KeyboardInterrupt as error:
            outcomes.append(type(error))

    with Executor(1) as workers:
        thread = threading.Thread(target=wait_for_results, args=(workers,))
        thread.start()
        while not multiprocessing.active_children():
            time.sleep(0.01)
        workers.interrupt()
        thread.join(10)

    assert not thread.is_alive()
    assert outcomes == [KeyboardInterrupt]


def test_interrupted_workers_take_no_more_tasks() -> None:
    with Executor(1) as workers:
        workers.interrupt()

        with pytest.raises(KeyboardInterrupt):
            workers.render([Task(double, (1,), 60)])


def test_abandoned_tasks_end_at_once() -> None:
    with Executor(2) as workers:
        results = workers.render(Task(linger, (0,), 60) for _ in range(2))
        busy = multiprocessing.active_children()
        workers.abandon()

        assert busy
        assert not [process for process in busy if process.is_alive()]
        assert list(results) == []
        assert [result for _, result in workers.render([Task(double, (2,), 60)])] == [4]
