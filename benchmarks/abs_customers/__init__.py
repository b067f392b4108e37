"""What `abs_customers.py` measures with; see there."""
