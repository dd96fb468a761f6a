"""How a training job's hyperparameters are written, so that every training toolkit passes them to the script alike.

SageMaker keeps a hyperparameter as text of at most 2,500 characters without line breaks (its API reference,
"CreateTrainingJob"). The toolkit in the image (github.com/aws/sagemaker-training-toolkit) decodes the text as JSON
where it can and turns the value into text again: `null` becomes nothing, `true` becomes `True`. Up to 5.1.0 it then
joins all words by spaces and gives them to a shell; 5.1.4 does not. What that could change is percent-encoded.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, unquote

MAX_VALUE = 2500
OF_CONTAINER = "sagemaker_"  # prefix of those that tell the container where the script is; it reads them itself

# No shell changes a word of these, no toolkit reads it as JSON but a number, and argparse takes none for an option.
_PLAIN = re.compile(r"[A-Za-z0-9_.,:/@+][A-Za-z0-9_.,:/@+=-]*")


def encoded(value: str) -> str:
    """The value as a word that arrives unchanged; `decoded` gives it back."""
    if _PLAIN.fullmatch(value) and _is_stable(value):
        return value
    # quote() leaves letters, digits and four signs as they are: the first character is encoded whatever it is.
    return "".join(f"%{byte:02X}" for byte in value[:1].encode()) + quote(value[1:], safe="")


def decoded(word: str) -> str:
    """The value of a word. Text that was never encoded stays, unless it has a `%` and two hexadecimal digits."""
    try:
        return unquote(word, errors="strict")
    except UnicodeDecodeError:
        return word


def for_job(values: dict[str, str]) -> dict[str, str]:
    """A job's hyperparameters for CreateTrainingJob. Those without a value are left out: a shell would lose them."""
    return {name: value if name.startswith(OF_CONTAINER) else encoded(value) for name, value in values.items() if value}


def of_job(hyperparameters: dict[str, Any]) -> dict[str, str]:
    """The script's hyperparameters of a job as they were before `for_job`, without those of the container."""
    return {name: decoded(str(word)) for name, word in hyperparameters.items() if not name.startswith(OF_CONTAINER)}


def _is_stable(value: str) -> bool:
    """Whether the toolkit's way through JSON leaves the text as it is."""
    try:
        return str(json.loads(value)) == value
    except ValueError:
        return True
    except RecursionError:
        return False
