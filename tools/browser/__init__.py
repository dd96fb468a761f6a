"""The Chromium of the console's tests and pictures, and the page in it."""
