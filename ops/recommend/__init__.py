"""SageMaker Inference Recommender: its job, its role and what it sends."""
