"""The training job: dataset in, model artifact out."""
