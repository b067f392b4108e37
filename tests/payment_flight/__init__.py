"""The commands of a deployment, run as an operator does, on real databases."""
