"""Code that several functions share: settings, AWS clients, HTTP responses, keys, the API's contract."""
