"""The mirror: what isolated training needs from the internet, checked and put into the environment's bucket."""
