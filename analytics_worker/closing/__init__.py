"""From a planned window to tallies: opening, counting, handing over."""
