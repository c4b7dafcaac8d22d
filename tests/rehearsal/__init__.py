"""The town that demo, smoke, soak and bench run: invented people, what they hold up, and when they come."""
