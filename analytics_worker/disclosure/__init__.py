"""What may be shown to whom: thresholds by audience, and siblings hidden so that nothing can be subtracted."""
