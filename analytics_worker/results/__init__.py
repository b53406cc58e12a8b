"""From tallies to result sets: indicators, comparisons and the rows that each audience may see."""
