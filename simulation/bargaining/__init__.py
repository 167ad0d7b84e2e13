"""What the positions at the table add up to: outcomes, power, coalitions and packages."""
