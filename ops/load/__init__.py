"""Load tests of a deployed environment: Locust sends the requests; this package plans the load and reports results."""
