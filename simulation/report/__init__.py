"""The only places that format a run for reading."""
