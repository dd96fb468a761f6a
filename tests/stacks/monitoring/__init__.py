"""Tests of the alarms: everything that can fail has one."""
