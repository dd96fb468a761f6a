"""The statistics of drift: sequential evidence that holds at any time. No I/O, and nothing but the standard library."""
