"""Tests stopping jobs by ARN: while they run, before they have a container, and after they end."""

import pytest

from local_aws.sagemaker.jobs.running import Running


class Container:
    stops = 0

    def stop(self) -> None:
        self.stops += 1


def test_a_running_job_is_stopped_and_an_ended_one_is_not() -> None:
    running, container = Running(), Container()
    with running.hold("a", container):
        running.stop("a")
        running.stop("b")
        assert container.stops == 1
        running.stop_all()
        assert container.stops == 2
    running.stop_all()
    running.stop("a")
    assert container.stops == 2


def test_a_stop_that_comes_before_the_container_is_kept_for_it() -> None:
    running, container = Running(), Container()
    running.stop("a")
    with running.hold("a", container):
        assert container.stops == 1
    again = Container()
    with running.hold("a", again):
        assert again.stops == 0


def test_a_job_that_ends_without_a_container_leaves_no_stop_behind() -> None:
    running, container = Running(), Container()
    running.stop("a")
    running.forget("a")
    with running.hold("a", container):
        assert container.stops == 0


def test_a_failing_container_is_forgotten() -> None:
    running, container = Running(), Container()
    with pytest.raises(RuntimeError), running.hold("a", container):
        raise RuntimeError
    running.stop_all()
    assert container.stops == 0
