"""From a dataset to an approved model: the pipeline, promotion, and the first deploy's model."""
