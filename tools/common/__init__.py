"""What several tools use: free ports, commands that may fail, and output to a terminal."""
