"""Tests of the resources that outlive a deployment."""
