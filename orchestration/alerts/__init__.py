"""Alerts: whoever is on call hears of what stands wrong, once per cause, and of its end."""
