"""Load tests of a deployed environment: Locust drives them, this package says where, how much and what came of it."""
