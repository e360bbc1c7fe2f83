"""What all stages share: options, inputs, shards, workers, progress and stopping."""
