"""What `payment_batch.py` measures with; see there."""
