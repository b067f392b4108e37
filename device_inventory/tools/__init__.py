"""Pure Python helpers: nothing here imports the ORM."""
