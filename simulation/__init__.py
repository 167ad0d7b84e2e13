"""Communique: country desks debate a proposal."""
