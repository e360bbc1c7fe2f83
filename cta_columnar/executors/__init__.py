"""Run shards, in this process or in several; know nothing of physics."""
