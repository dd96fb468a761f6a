"""Benchmarks of what is deployed on the running local AWS: the API, its functions, `rubric batch`."""
