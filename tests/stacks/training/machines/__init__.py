"""Tests of the state machines' definitions, without the CDK."""
