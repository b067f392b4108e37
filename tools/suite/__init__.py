"""Tooling of the suite: bootstrap, demo, tests, benchmarks. Standard library only."""
