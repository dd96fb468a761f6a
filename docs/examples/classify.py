"""API_URL=https://... API_KEY=rk_... python classify.py (Python 3.10 or newer, nothing to install)"""

import json
import os
import random
import time
import urllib.error
import urllib.request
import uuid

API_URL = os.environ["API_URL"].rstrip("/")
API_KEY = os.environ["API_KEY"]
RETRIED = {409, 429, 502, 503, 504}
TRIES = 5
LONGEST_WAIT = 60  # seconds; the program does not wait for the next day's quota


class ApiError(Exception):
    """An error answer: `status`, and `type` for programs, such as `urn:rubric:problem:invalid-input`."""

    def __init__(self, status, problem):
        super().__init__(f"{status} {problem.get('detail') or problem.get('message')}")
        self.status = status
        self.type = problem.get("type", "")


def call(method, path, body=None):
    """The answer's JSON; retries errors that may pass. Raises ApiError, or OSError when the API cannot be reached."""
    # Each try has the same key, so a request whose answer was lost is not done twice.
    headers = {"x-api-key": API_KEY, "content-type": "application/json", "idempotency-key": str(uuid.uuid4())}
    data = None if body is None else json.dumps(body).encode()
    for attempt in range(TRIES):
        wait = 2**attempt
        try:
            request = urllib.request.Request(API_URL + path, data, headers, method=method)
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            wait = float(error.headers.get("retry-after") or wait)
            if error.code not in RETRIED or attempt + 1 == TRIES or wait > LONGEST_WAIT:
                raise ApiError(error.code, json.load(error)) from None
        except OSError:  # no connection, or no answer in time
            if attempt + 1 == TRIES:
                raise
        time.sleep(wait + random.random())
    raise AssertionError("the last try returns or raises")


def main():
    """Classifies three headlines, says that the second was right, and looks back."""
    headlines = [
        "Shares rally as the central bank holds rates",
        "New vaccine cuts flu cases among children",
        "Astronomers spot a planet with water clouds",
    ]
    answer = call("POST", "/v1/classify", {"inputs": headlines})  # at most 64 texts per request
    for headline, prediction in zip(headlines, answer["predictions"], strict=True):
        # A foundation model (`backend` is "bedrock") returns no probabilities.
        [row] = prediction.get("probabilities", [[]])
        sure = f"{max(row):.0%}" if row else "-"
        print(f"{prediction['predicted_label']}\t{sure}\t{headline}")

    right = answer["predictions"][1]["predicted_label"]
    given = call("POST", "/v1/feedback", {"request_id": answer["request_id"], "position": 1, "label": right})
    print(f"feedback\t{given['label']}\tcorrect: {given['correct']}")

    logged = call("GET", f"/v1/requests/{answer['request_id']}")
    print(f"logged\t{len(logged['texts'])} texts")

    try:
        call("POST", "/v1/classify", {"inputs": []})
    except ApiError as error:
        print(f"refused\t{error.type}\t{error}")


if __name__ == "__main__":
    main()
