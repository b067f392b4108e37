"""The accounts of the benchmarks, by what they are for."""

PASSWORD = "Benchmark-9kLm-bR2"
GOOD, BAD, CALLER = (f"bench-{name}@example.com" for name in ("good", "bad", "caller"))
