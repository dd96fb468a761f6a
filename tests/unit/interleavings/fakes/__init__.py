"""Fakes of the AWS services that the functions call."""
