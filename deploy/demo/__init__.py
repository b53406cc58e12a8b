"""The demonstration: a made-up municipality whose year is run through the real pipeline."""
