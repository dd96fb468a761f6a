"""The mirror: what isolated training uses of the internet's, checked and put into the environment's bucket."""
