"""Hostile input of every sort the program takes, and the only outcomes it may have: a result, or a listed error."""
