"""What several functions share: settings, AWS clients, HTTP answers, keys, the API's contract."""
