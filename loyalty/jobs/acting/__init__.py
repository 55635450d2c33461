"""What the jobs of actions share: item pairs, audiences, and what is advised."""
