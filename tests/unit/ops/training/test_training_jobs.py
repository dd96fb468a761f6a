"""Tests training jobs, as SageMaker describes them."""

from ops.training import training_jobs


def test_a_jobs_hyperparameters_are_those_of_the_script():
    value = {"sagemaker_program": "x", "epochs": 3, "base_model": "compact"}
    assert training_jobs.own_hyperparameters(value) == {"base_model": "compact", "epochs": "3"}
