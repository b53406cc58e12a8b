"""What happens when nobody is looking: counting, statistics, protection and results."""
