"""The accounts of the benchmarks: people who log in, and one that calls by RPC."""

PASSWORD = "Benchmark-9kLm-bR2"
CALLER = "bench-caller@example.com"
# As many as log in within minutes: what one does must not all be of one account.
PEOPLE = [f"bench-{number}@example.com" for number in range(50)]
