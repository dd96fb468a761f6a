"""Callers who send headlines, and how many of the answers are right."""

from collections.abc import Callable, Sequence

from local.demo.api_client import ApiClient

_SIZES = (1, 2, 4, 1, 3)  # texts of a request


def send(
    client: ApiClient, headlines: Sequence[tuple[str, str]], *, told: Callable[[int], None] = lambda _: None
) -> float:
    """Classify the headlines, a few in a request; the share of right answers. told: gets the number so far."""
    right = sent = number = 0
    while sent < len(headlines):
        some = headlines[sent : sent + _SIZES[number % len(_SIZES)]]
        answers = client.classify([text for text, _ in some])["predictions"]
        right += sum(answer["predicted_label"] == label for answer, (_, label) in zip(answers, some, strict=True))
        sent, number = sent + len(some), number + 1
        told(sent)
    return right / len(headlines)
