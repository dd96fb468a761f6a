"""Tests reading a training job's log while it grows."""

from contracts.models.progress import Progress
from ops.training.training_log import TrainingLog
from tests.unit.ops.training_jobs import JOB, log


def test_the_log_is_read_on_from_where_it_was(cloud):
    reader = TrainingLog(cloud.client("logs"), job=JOB)
    assert reader.news() == []
    log("progress: read 1/2", "something else")
    assert reader.news() == [Progress("read", 1, 2)]
    assert reader.news() == []
    log("progress: read 2/2")
    assert reader.news() == [Progress("read", 2, 2)]


def test_progress_of_the_first_host_is_read_where_there_are_several(cloud):
    log("progress: train 1/2", stream=f"{JOB}/algo-1-1700000000")
    log("something", stream=f"{JOB}/algo-2-1700000001")
    log("something", stream=f"{JOB}/algo-10-1700000002")
    assert TrainingLog(cloud.client("logs"), job=JOB).news() == [Progress("train", 1, 2)]
