"""The machines of a training job: its instances, their GPUs and drivers."""
