"""Comparisons of Sluice with named peers, each in one run on one machine. `make bench` runs them all."""
