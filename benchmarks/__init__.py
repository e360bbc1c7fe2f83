"""Speed, start-up and memory beside ctapipe: ``make bench``."""
