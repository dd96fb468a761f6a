"""Tests of the alarms: each thing that can fail has one."""
