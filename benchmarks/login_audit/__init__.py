"""What the benchmarks of fusion_login_audit share."""
