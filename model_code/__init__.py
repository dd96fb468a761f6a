"""What runs in SageMaker's containers: training, the model artifact and serving."""
