"""Partitions, jobs, schedules, sensors."""
