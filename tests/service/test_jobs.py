"""Background jobs: shared, in order, cancelled when asked, within their budget."""

import gc
import os
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from makers import ROOT

from decoding.errors import Cancelled, DataError
from decoding.progress import part_of, show_so_far
from decoding.service import threads
from decoding.service.jobs import LOOKED_S, N_REMEMBERED, UNSEEN_S, BusyError, JobRunner
from decoding.service.memory import size_in_bytes
from decoding.service.threads import leave_cores

PATIENCE = 30.0


class Steps:
    """Work that goes one step further each time it is let, and keeps account of itself."""

    def __init__(self, n_steps=3, result="result"):
        self.n_steps, self.outcome = n_steps, result
        self.runs, self.reported, self.ended = 0, 0, threading.Event()
        self._gate = threading.Semaphore(0)
        self._at_rest = threading.Semaphore(0)

    def __call__(self, report):
        """Do the work."""
        self.runs += 1
        try:
            for step in range(self.n_steps):
                report(step, self.n_steps, f"step {step}")
                self.reported += 1
                self._at_rest.release()
                assert self._gate.acquire(timeout=PATIENCE)
            return self.outcome
        finally:
            self.ended.set()

    def until_report(self):
        """Wait until the work has made its next report."""
        assert self._at_rest.acquire(timeout=PATIENCE)

    def go_on(self, n_steps=1):
        """Let the work go on by some steps."""
        self._gate.release(n_steps)

    def finish(self):
        """Let the work run to its end."""
        self._gate.release(self.n_steps)


class Clock:
    """A clock that the test moves."""

    now = 100.0

    def __call__(self):
        """Tell the time."""
        return self.now


@pytest.fixture
def make_runner():
    """Return a maker of runners that are closed after the test."""
    runners = []

    def make(**options):
        runners.append(JobRunner(**options))
        return runners[-1]

    yield make
    for runner in runners:
        runner.close()


def give(value):
    """Make work that returns a value at once."""
    return lambda report: value


def settle(runner):
    """Wait until the runner has put away every job that was asked for so far."""
    runner.ask(("settle", object()), give(None)).wait(PATIENCE)
    runner.ask(("settle", object()), give(None)).wait(PATIENCE)


def test_result_comes_back_with_the_last_progress(make_runner):
    """A job runs in another thread and gives its work's result."""
    threads = []

    def work(report):
        threads.append(threading.current_thread())
        report(4, 4, "folds")
        return 7

    job = make_runner().ask("key", work)
    assert job.result(PATIENCE) == 7
    assert job.state == "done"
    assert (job.progress.done, job.progress.total, job.progress.message) == (4, 4, "folds")
    assert job.progress.fraction == 1.0
    assert threads != [threading.current_thread()]


def test_what_work_has_so_far_can_be_looked_at(make_runner):
    """Work under way is looked into; once it has ended its result is there instead, or nothing."""
    for ends_well in (True, False):
        found, steps = [], Steps(3)

        def work(report, found=found, steps=steps, ends_well=ends_well):
            assert part_of(report, 0.0, 0.5) is not None
            show_so_far(part_of(report, 0.0, 0.5), list)  # a part has no result of its own
            show_so_far(report, lambda: list(found))
            steps(report)
            if not ends_well:
                raise DataError("no result")
            return "whole"

        job = make_runner().ask("key", work)
        steps.until_report()
        found += [1, 2]
        assert job.so_far == [1, 2]
        steps.finish()
        job.wait(PATIENCE)
        assert job.so_far == ("whole" if ends_well else None)
        assert job.look_in is None
    show_so_far(None, list)
    show_so_far(lambda done, total: None, list)


def test_all_who_ask_for_a_key_share_one_computation(make_runner):
    """Twenty threads that ask at once get one job, whose work runs once."""
    runner, work, jobs = make_runner(max_workers=2), Steps(), []
    barrier = threading.Barrier(20)

    def ask():
        barrier.wait(PATIENCE)
        jobs.append(runner.ask("key", work))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work.finish()
    assert {id(job) for job in jobs} == {id(jobs[0])}
    assert [job.result(PATIENCE) for job in jobs] == ["result"] * 20
    assert work.runs == 1
    assert runner.ask("key", work) is jobs[0]


def test_another_key_or_owner_is_another_job(make_runner):
    """Equal keys of two owners never meet."""
    runner = make_runner()
    jobs = {
        (key, owner): runner.ask(key, give((key, owner)), owner=owner)
        for key in ("a", "b")
        for owner in ("", "x")
    }
    assert {job.result(PATIENCE) for job in jobs.values()} == set(jobs)
    assert runner.peek("a", owner="y") is None


def test_jobs_run_in_the_order_asked_for_and_say_how_many_are_ahead(make_runner):
    """First come, first served; who waits knows the place in line, the one at work counted."""
    runner, first, order = make_runner(), Steps(), []
    running = runner.ask("first", first)
    first.until_report()
    waiting = [
        runner.ask(name, lambda report, name=name: order.append(name)) for name in ("b", "a", "c")
    ]
    assert [job.state for job in waiting] == ["waiting"] * 3
    assert [job.ahead() for job in waiting] == [(1, None), (2, None), (3, None)]
    assert running.state == "running"
    assert running.ahead() == (0, 0.0)
    first.finish()
    assert all(job.wait(PATIENCE) for job in waiting)
    assert order == ["b", "a", "c"]


def line_of(runner, asked, clock, every=0.0):
    """Ask for work behind a job at work; return the keys in the order in which they are served."""
    work, order = Steps(1), []
    runner.ask("at work", work)
    work.until_report()
    jobs = []
    for key, visitor, seconds in asked:
        take = lambda report, key=key: order.append(key)  # noqa: E731
        jobs.append(runner.ask(key, take, visitor=visitor, seconds=seconds))
        clock.now += every
    work.finish()
    assert all(job.wait(PATIENCE) for job in jobs)
    return order


def test_short_work_passes_long_work_until_that_has_waited_for_its_own_length(make_runner):
    """Work of 30 s is passed by what comes within 30 s, by nothing that comes later."""
    clock = Clock()
    runner = make_runner(clock=clock)
    asked = [("long", "a", 30.0), *((f"short {n}", f"b{n}", 1.0) for n in range(5))]
    order = line_of(runner, asked, clock, every=8.0)
    assert order == ["short 0", "short 1", "short 2", "long", "short 3", "short 4"]


def test_many_jobs_of_one_visitor_let_those_of_others_pass(make_runner):
    """Who asks for five jobs of a minute waits behind somebody who comes later with one."""
    clock = Clock()
    asked = [*((f"mine {n}", "a", 60.0) for n in range(5)), ("yours", "b", 60.0)]
    order = line_of(make_runner(clock=clock), asked, clock, every=1.0)
    assert order == ["mine 0", "yours", *(f"mine {n}" for n in range(1, 5))]


def test_time_ahead_is_that_of_all_who_come_first(make_runner):
    """The pace of the work under way, and what the waiting ones may take, by the threads."""
    clock, work = Clock(), Steps(4)
    runner = make_runner(clock=clock)
    runner.ask("at work", work, seconds=100.0)
    work.until_report()
    waiting = [runner.ask(key, give(key), seconds=30.0) for key in ("a", "b")]
    assert [job.ahead() for job in waiting] == [(1, 100.0), (2, 130.0)]
    clock.now += 2.0
    work.go_on()
    work.until_report()
    assert [job.ahead() for job in waiting] == [(1, 6.0), (2, 36.0)]
    runner.ask("nobody knows", give(1))
    assert runner.ask("last", give(1), seconds=900.0).ahead() == (4, None)
    work.finish()


def test_work_that_nobody_looks_at_stops_and_the_next_is_served(make_runner):
    """At its next report after a minute unseen; asked for again it begins anew."""
    clock, old, new = Clock(), Steps(), Steps(result="new")
    runner = make_runner(clock=clock)
    gone = runner.ask("correction", old)
    old.until_report()
    unseen, seen = runner.ask("unseen", new), runner.ask("map", give("map"))
    for _ in range(4):
        assert gone.state == "running"
        clock.now += 0.3 * UNSEEN_S
        runner.peek("map")
    old.go_on()
    assert seen.result(PATIENCE) == "map"
    assert (gone.state, unseen.state, old.reported, new.runs) == ("cancelled", "cancelled", 1, 0)
    assert runner.peek("correction") is None
    new.finish()
    assert runner.ask("correction", new).result(PATIENCE) == "new"


def test_what_a_page_no_longer_shows_waits_behind_what_it_shows(make_runner):
    """Left work at the visitor's own pace stops or waits; that of others keeps its place.

    Who comes back finds what waits still in line.
    """
    clock, old, other = Clock(), Steps(), Steps()
    runner = make_runner(clock=clock)
    gone = runner.ask("old map", old, visitor="a", seconds=30.0)
    old.until_report()
    order = []
    left = runner.ask("old test", lambda report: order.append("left"), visitor="a", seconds=1.0)
    clock.now += 1.0
    asked = runner.ask("map", lambda report: order.append("asked"), visitor="a", seconds=30.0)
    runner.pass_over("a", clock.now)
    assert gone.state == "cancelled" and left.state == "waiting"
    assert asked.ahead()[0] == 0 and left.ahead()[0] == 1
    old.go_on()
    assert asked.wait(PATIENCE) and left.wait(PATIENCE)
    assert order == ["asked", "left"]
    shared = runner.ask("shared", other, visitor="a")
    other.until_report()
    runner.peek("shared", visitor="b")
    clock.now += 1.0
    runner.ask("next", give("next"), visitor="a")
    runner.pass_over("a", clock.now)
    assert shared.state == "running"
    runner.pass_over("b", clock.now)
    assert shared.state == "running", "nothing of b's own waits for it"
    other.finish()
    assert shared.result(PATIENCE) == "result"


def test_work_that_somebody_looks_at_goes_on(make_runner):
    """A tab in the background, which asks once a minute, keeps its job."""
    clock, work = Clock(), Steps()
    runner = make_runner(clock=clock)
    job = runner.ask("key", work)
    for _ in range(3):
        work.until_report()
        clock.now += 60.0
        assert runner.peek("key") is job
        work.go_on()
    assert job.result(PATIENCE) == "result"


@pytest.mark.parametrize("max_workers", [1, 2])
def test_no_more_jobs_run_at_once_than_there_are_workers(make_runner, max_workers):
    """Of many jobs only as many as workers are under way, also after some were cancelled."""
    runner, works = make_runner(max_workers=max_workers), [Steps(1) for _ in range(6)]
    jobs = [runner.ask(number, work) for number, work in enumerate(works)]
    for start in range(0, 6, max_workers):
        for work in works[start : start + max_workers]:
            work.until_report()
        assert [job.state for job in jobs].count("running") == max_workers
        for number in range(start, start + max_workers):
            if start == 0:
                runner.leave(number)
            works[number].finish()
    assert all(job.wait(PATIENCE) for job in jobs)
    assert [job.state for job in jobs[:max_workers]] == ["cancelled"] * max_workers
    assert [job.state for job in jobs[max_workers:]] == ["done"] * (6 - max_workers)


def test_cancel_stops_work_at_its_next_report(make_runner):
    """The state changes at once, the work ends at its next report, no result is kept."""
    runner, work = make_runner(), Steps()
    job = runner.ask("key", work)
    work.until_report()
    runner.leave("key")
    assert job.state == "cancelled"
    with pytest.raises(Cancelled):
        job.result(0)
    work.finish()
    assert work.ended.wait(PATIENCE)
    settle(runner)
    assert work.reported == 1
    assert runner.peek("key") is None
    assert job.state == "cancelled"
    settle_size(runner, 2 * size_in_bytes(None))


def test_start_after_cancel_begins_at_nothing(make_runner):
    """Asking again gives a new job with no progress, even while the old work winds down."""
    runner, old, new = make_runner(), Steps(), Steps(result="new")
    cancelled = runner.ask("key", old)
    old.until_report()
    old.go_on()
    old.until_report()
    assert cancelled.progress.done == 1
    runner.leave("key")
    job = runner.ask("key", new)
    assert job is not cancelled
    assert (job.state, job.progress.done, job.progress.total) == ("waiting", 0, 0)
    old.finish()
    new.finish()
    assert job.result(PATIENCE) == "new"
    assert (old.runs, new.runs, new.reported) == (1, 1, 3)


def test_result_of_work_that_did_not_hear_the_cancel_is_dropped(make_runner):
    """Work that never reports again cannot bring a cancelled job back."""
    runner, begun, go_on = make_runner(), threading.Event(), threading.Event()

    def deaf(report):
        begun.set()
        assert go_on.wait(PATIENCE)
        return np.zeros(1000)

    job = runner.ask("key", deaf)
    assert begun.wait(PATIENCE)
    runner.leave("key")
    go_on.set()
    settle(runner)
    assert job.state == "cancelled"
    assert job.n_bytes == 0


def test_job_cancelled_in_line_never_runs(make_runner):
    """A waiting job leaves the line at once, and the next one is served."""
    runner, first, second = make_runner(), Steps(), Steps()
    runner.ask("first", first)
    job, third = runner.ask("second", second), runner.ask("third", give(3))
    runner.leave("second")
    assert job.state == "cancelled"
    assert third.ahead() == (1, None)
    first.finish()
    assert third.result(PATIENCE) == 3
    assert second.runs == 0


def test_work_ends_when_the_last_who_waits_has_left(make_runner):
    """Who leaves ends nobody else's work; who has not looked for a minute, or is gone, is none."""
    clock, work = Clock(), Steps()
    runner = make_runner(clock=clock)
    job = runner.ask("key", work, visitor="first")
    work.until_report()
    for visitor in ("second", "closed tab"):
        assert runner.ask("key", give(1), visitor=visitor) is job
    runner.leave("key", visitor="first")
    assert job.state == "running"
    clock.now += UNSEEN_S + 1.0
    assert runner.peek("key", visitor="second") is job
    assert runner.peek("key", visitor="reloaded") is job
    assert runner.peek("key", visitor=None) is job
    runner.leave("key", visitor="second", is_there={"second"}.__contains__)
    assert job.state == "cancelled"
    work.finish()


def test_a_stop_frees_all_who_wait(make_runner):
    """Everybody who shares a job is told, wherever the work is."""
    runner, work, told = make_runner(), Steps(), []
    job = runner.ask("key", work)

    def wait_for_it():
        with pytest.raises(Cancelled):
            job.result(PATIENCE)
        told.append(True)

    threads = [threading.Thread(target=wait_for_it) for _ in range(3)]
    for thread in threads:
        thread.start()
    work.until_report()
    runner.leave("key")
    for thread in threads:
        thread.join(PATIENCE)
    assert told == [True] * 3
    work.finish()


def test_cancelling_what_is_done_or_unknown_changes_nothing(make_runner):
    """A result stays when its job is cancelled too late."""
    runner = make_runner()
    job = runner.ask("key", give(5))
    job.wait(PATIENCE)
    runner.leave("key")
    runner.leave("never asked for")
    assert runner.ask("key", give(6)).result(PATIENCE) == 5


def test_failure_reaches_all_who_ask_until_discarded(make_runner):
    """A failed job raises its own exception each time, and is not tried again by itself."""
    runner, calls = make_runner(), []

    def fail(report):
        calls.append(1)
        raise DataError("bold.nii.gz is cut short.")

    for _ in range(3):
        with pytest.raises(DataError, match="cut short") as caught:
            runner.ask("key", fail).result(PATIENCE)
    assert runner.peek("key").state == "failed"
    assert len(calls) == 1
    lines = []
    for _ in range(3):
        with pytest.raises(DataError) as caught:
            runner.peek("key").result()
        lines.append(len(caught.traceback))
    assert lines == [lines[0]] * 3
    assert "in fail\n    raise DataError" in caught.value.__notes__[0]
    assert len(caught.value.__notes__) == 1
    runner.discard("key")
    assert runner.ask("key", give(1)).result(PATIENCE) == 1


@pytest.mark.parametrize("kind", [ValueError, MemoryError, SystemExit, KeyboardInterrupt])
def test_whatever_the_work_raises_the_next_job_runs(make_runner, kind):
    """No exception stops the line or leaves anybody waiting."""
    runner = make_runner()

    def fail(report):
        raise kind("bad")

    with pytest.raises(kind):
        runner.ask("bad", fail).result(PATIENCE)
    assert runner.ask("good", give(1)).result(PATIENCE) == 1


def test_size_that_cannot_be_told_does_not_stop_the_line(make_runner):
    """A size function that fails costs the account, not the jobs after it."""

    def fail(value):
        raise ValueError

    runner = make_runner(size_of=fail)
    assert [runner.ask(n, give(n)).result(PATIENCE) for n in range(3)] == [0, 1, 2]


def test_failed_or_ended_work_holds_no_arrays(make_runner):
    """What the work closed over and its frames held is let go, however it ended."""

    class Big:
        pass

    def make_work(outcome):
        big = Big()
        held.append(weakref.ref(big))

        def work(report, big=big):
            here = big
            if outcome == "fail":
                raise ValueError(id(here))
            return id(here)

        return work

    runner, held = make_runner(), []
    for outcome in ("fail", "end"):
        runner.ask(outcome, make_work(outcome)).wait(PATIENCE)
    settle(runner)
    gc.collect()
    assert [reference() for reference in held] == [None, None]


def test_results_stay_within_the_budget_least_recently_used_first(make_runner):
    """Asking for a result keeps it; the one that nobody asked for longest goes."""
    runner = make_runner(byte_budget=1000, size_of=lambda value: value)
    for key, n_bytes in (("a", 400), ("b", 400)):
        runner.ask(key, give(n_bytes)).wait(PATIENCE)
    settle_size(runner, 800)
    assert runner.peek("a") is not None
    runner.ask("c", give(300)).wait(PATIENCE)
    settle_size(runner, 700)
    assert {key for key in "abc" if runner.peek(key)} == {"a", "c"}


def settle_size(runner, n_bytes):
    """Wait until the runner holds so many bytes."""
    done = threading.Event()
    for _ in range(int(PATIENCE / 0.01)):
        if runner.n_bytes == n_bytes:
            return
        done.wait(0.01)
    pytest.fail(f"the runner holds {runner.n_bytes} bytes, not {n_bytes}")


def test_latest_result_stays_even_if_larger_than_the_budget(make_runner):
    """Who waited for a large result gets it; the next result takes its place."""
    runner = make_runner(byte_budget=1000, size_of=lambda value: value)
    runner.ask("small", give(10)).wait(PATIENCE)
    runner.ask("huge", give(5000)).wait(PATIENCE)
    settle_size(runner, 5000)
    assert runner.peek("huge").result() == 5000
    assert runner.peek("small") is None
    runner.ask("next", give(20)).wait(PATIENCE)
    settle_size(runner, 20)
    assert runner.peek("huge") is None


def test_running_and_waiting_jobs_are_never_dropped(make_runner):
    """However full the budget, a job under way stays to be asked for."""
    runner = make_runner(max_workers=2, byte_budget=10, size_of=lambda value: 100)
    work = Steps()
    job = runner.ask("slow", work)
    for number in range(5):
        runner.ask(number, give(number)).wait(PATIENCE)
    assert runner.peek("slow") is job
    work.finish()
    assert job.result(PATIENCE) == "result"


def test_ended_jobs_do_not_pile_up(make_runner):
    """A server that runs for months remembers a bounded number of jobs."""
    runner = make_runner()
    for number in range(N_REMEMBERED + 50):
        runner.ask(number, give(None)).wait(PATIENCE)
    settle(runner)
    remembered = [number for number in range(N_REMEMBERED + 50) if runner.peek(number)]
    assert N_REMEMBERED - 10 <= len(remembered) <= N_REMEMBERED
    assert remembered == sorted(remembered)
    assert remembered[-1] == N_REMEMBERED + 49


def test_forgetting_an_owner_stops_and_deletes_only_theirs(make_runner):
    """An owner's running, waiting and finished jobs go; everybody else's stay."""
    runner, running, waiting = make_runner(), Steps(), Steps()
    done = runner.ask("done", give(1), owner="visitor")
    public = runner.ask("done", give(2))
    assert (done.result(PATIENCE), public.result(PATIENCE)) == (1, 2)
    jobs = [runner.ask(n, work, owner="visitor") for n, work in enumerate((running, waiting))]
    running.until_report()
    runner.forget("visitor")
    assert [job.state for job in jobs] == ["cancelled"] * 2
    running.finish()
    assert running.ended.wait(PATIENCE)
    assert [runner.peek(key, owner="visitor") for key in ("done", 0, 1)] == [None] * 3
    assert runner.peek("done") is public
    assert (running.reported, waiting.runs) == (1, 0)


def test_too_long_a_line_is_refused(make_runner):
    """One job more than may wait is told so; a shared one is not one more."""
    runner, work = make_runner(max_waiting=2), Steps()
    runner.ask("running", work)
    work.until_report()
    for key in ("a", "b"):
        runner.ask(key, give(key))
    assert runner.ask("b", give("b")).state == "waiting"
    with pytest.raises(BusyError, match=r"2 computations are waiting already.*try again"):
        runner.ask("c", give("c"))
    work.finish()


def test_a_visitor_has_no_more_jobs_than_one_may(make_runner):
    """What is looked at is kept and one more refused; what was left behind makes room for it."""
    clock, work = Clock(), Steps()
    runner = make_runner(clock=clock, most_each=3, max_waiting=4)
    mine = [runner.ask("at work", work, visitor="me")]
    mine += [runner.ask(key, give(key), visitor="me") for key in ("a", "b")]
    work.until_report()
    with pytest.raises(BusyError, match="You wait for 3 computations already"):
        runner.ask("c", give("c"), visitor="me")
    assert runner.ask("a", give("a"), visitor="me") is mine[1]  # it is there
    assert runner.ask("yours", give("yours"), visitor="you").state == "waiting"
    clock.now += LOOKED_S + 1
    for key in ("at work", "b"):
        runner.peek(key, visitor="me")
    runner.peek("a", visitor="you")  # somebody else waits for it
    with pytest.raises(BusyError, match="You wait"):
        runner.ask("c", give("c"), visitor="me")
    clock.now += LOOKED_S + 1
    runner.peek("at work", visitor="me")
    runner.peek("a", visitor="you")
    assert runner.ask("c", give("c"), visitor="me").state == "waiting"
    assert [job.state for job in mine] == ["running", "waiting", "cancelled"]
    work.finish()


def test_time_left_follows_the_pace_of_the_current_phase(make_runner):
    """Steps over time give the time left; it runs down between reports and starts anew."""
    clock, gate, at_rest = Clock(), threading.Semaphore(0), threading.Semaphore(0)
    plan = [(0, 10), (2, 10), (10, 10), (1, 4), (2, 4)]

    def work(report):
        for done, total in plan:
            report(done, total)
            at_rest.release()
            assert gate.acquire(timeout=PATIENCE)

    job = make_runner(clock=clock).ask("key", work)
    seen = []
    for _ in plan:
        assert at_rest.acquire(timeout=PATIENCE)
        seen.append(job.seconds_left)
        clock.now += 6.0
        gate.release()
    job.wait(PATIENCE)
    # 2 of 10 steps in 6 s leave 24 s; the second phase has a pace from its second report on.
    assert seen == [None, 24.0, 0.0, None, 12.0]
    assert job.seconds_left is None


def test_time_left_runs_down_between_reports_and_not_below_nothing(make_runner):
    """Without a new report the estimate shrinks with the clock."""
    clock, work = Clock(), Steps(4)
    job = make_runner(clock=clock).ask("key", work)
    work.until_report()
    clock.now += 2.0
    work.go_on()
    work.until_report()
    left = []
    for _ in range(3):
        left.append(job.seconds_left)
        clock.now += 4.0
    assert left == [6.0, 2.0, 0.0]
    work.finish()


def test_wait_gives_up_in_time(make_runner):
    """Waiting for a job that does not end tells so instead of blocking."""
    runner, work = make_runner(), Steps()
    job = runner.ask("key", work)
    assert not job.wait(0.01)
    with pytest.raises(TimeoutError):
        job.result(0.01)
    work.finish()
    assert job.wait(PATIENCE)


def test_closed_runner_takes_nothing_and_stops_what_runs(make_runner):
    """After closing, running and waiting jobs are cancelled and new ones refused."""
    runner, work = make_runner(), Steps()
    jobs = [runner.ask("a", work), runner.ask("b", give(1))]
    work.until_report()
    runner.close()
    assert [job.state for job in jobs] == ["cancelled"] * 2
    with pytest.raises(BusyError, match="closing"):
        runner.ask("c", give(1))
    work.finish()
    assert work.ended.wait(PATIENCE)


ENDLESS = """
import time
from decoding.service.jobs import JobRunner
def work(report):
    done = 0
    while True:
        report(done := done + 1, 10**9)
        time.sleep(0.01)
runner = JobRunner()
jobs = [runner.ask(n, work) for n in range(3)]
while not jobs[0].progress.done:
    time.sleep(0.01)
print("leaving", flush=True)
"""


def test_process_ends_while_a_job_runs():
    """A server that is stopped does not wait for the jobs of its visitors."""
    command = [sys.executable, "-c", ENDLESS]
    answer = subprocess.run(
        command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "leaving\n", "")


def test_no_thread_runs_when_nothing_is_asked(make_runner):
    """There is no polling: an idle runner has only pool threads, all asleep in the queue."""
    before = threading.active_count()
    runner = make_runner(max_workers=2)
    assert threading.active_count() == before
    runner.ask("key", give(1)).wait(PATIENCE)
    assert threading.active_count() <= before + 2


def test_sizes_count_arrays_and_tables_wherever_they_are():
    """Arrays in dataclasses, mappings and lists count once each; a memory map counts nothing."""

    @dataclass
    class Result:
        name: str
        scores: np.ndarray
        table: pd.DataFrame
        parts: dict

    array = np.zeros(100_000)
    table = pd.DataFrame({"fold": np.arange(10_000), "true": ["face"] * 10_000})
    result = Result("a", array, table, {"again": array, "list": [np.zeros(50_000)]})
    expected = 800_000 + 400_000 + table.memory_usage(deep=True).sum()
    assert expected <= size_in_bytes(result) <= expected + 10_000
    assert size_in_bytes(array) == 800_000
    assert size_in_bytes(None) < 100


def test_memory_map_counts_nothing(tmp_path):
    """The pages of a mapped table belong to the system, not to the budget."""
    mapped = np.memmap(tmp_path / "table", dtype=np.int16, mode="w+", shape=(1000, 1000))
    assert size_in_bytes({"table": mapped}) < 1000


@pytest.mark.skipif(sys.platform != "linux", reason="only there a thread has its own priority")
def test_work_gives_way_and_so_do_its_threads(monkeypatch):
    """The work and the threads that it starts are nicer; the one who asks is not."""
    monkeypatch.setattr(threads, "NICE", 10)

    def nice(report=None):
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def work(report):
        with ThreadPoolExecutor(1) as pool:
            return nice(), pool.submit(nice).result()

    before = nice()
    nicer = min(before + threads.NICE, 19)
    assert JobRunner(gives_way=True).ask("nice", work).result(PATIENCE) == (nicer, nicer)
    assert JobRunner().ask("plain", work).result(PATIENCE) == (before, before)
    assert nice() == before

    def policy(report=None):
        with ThreadPoolExecutor(1, initializer=leave_cores) as pool:
            return pool.submit(lambda: os.sched_getscheduler(0)).result()

    assert JobRunner(gives_way=True).ask("compiled", policy).result(PATIENCE) == os.SCHED_IDLE
    assert JobRunner().ask("compiled", policy).result(PATIENCE) != os.SCHED_IDLE
