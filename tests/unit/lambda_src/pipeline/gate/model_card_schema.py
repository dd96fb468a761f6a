"""The part of SageMaker's documented schema for model cards that our cards use.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-details.html#model-card-schema
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def text(longest: int) -> Schema:
    return {"type": "string", "maxLength": longest}


def each(items: Schema, **limits: Any) -> Schema:
    return {"type": "array", "items": items, **limits}


def closed(properties: Schema, *, required: tuple[str, ...] = ()) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": list(required)}


def named(**properties: Schema) -> Schema:
    """Something with a name, a value and notes."""
    return closed({"name": {"type": "string", "minLength": 1, "maxLength": 255}, "notes": text(1024), **properties},
                  required=("name", *(key for key in ("type", "value") if key in properties)))  # fmt: skip


NUMBER: Schema = {"type": "number"}
SIMPLE = named(
    type={"enum": ["number", "string", "boolean"]},
    value={"anyOf": [NUMBER, text(63), {"type": "boolean"}]},
    x_axis_name=text(63),
    y_axis_name=text(63),
)
MATRIX = named(
    type={"enum": ["matrix"]},
    value=each(each(NUMBER, minItems=1, maxItems=20), minItems=1, maxItems=20),
    x_axis_name=each(text(63)),
    y_axis_name=each(text(63)),
)
GROUP = closed(
    {"name": {"type": "string", "minLength": 1, "maxLength": 63}, "metric_data": each({"anyOf": [SIMPLE, MATRIX]})},
    required=("name", "metric_data"),
)
EVALUATION = closed(
    {
        "name": {"type": "string", "minLength": 1, "maxLength": 63},
        "evaluation_observation": text(2096),
        "evaluation_job_arn": text(256),
        "datasets": each(text(1024), maxItems=10),
        "metadata": {"type": "object", "additionalProperties": text(1024)},
        "metric_groups": each(GROUP),
    },
    required=("name",),
)
TRAINING_JOB = closed(
    {
        "training_arn": text(1024),
        "training_datasets": each(text(1024), maxItems=15),
        "training_environment": closed({"container_image": each(text(1024), maxItems=15)}),
        "training_metrics": each(named(value=NUMBER), maxItems=50),
        "user_provided_training_metrics": each(named(value=NUMBER), maxItems=50),
        "user_provided_hyper_parameters": each(
            named(value={"type": "string", "minLength": 1, "maxLength": 255}), maxItems=100
        ),
    }
)
CARD = closed(
    {
        "model_overview": closed({"model_creator": text(1024), "model_artifact": each(text(1024), maxItems=15)}),
        "intended_uses": closed(
            {
                "purpose_of_model": text(2048),
                "intended_uses": text(2048),
                "factors_affecting_model_efficiency": text(2048),
                "risk_rating": {"enum": ["High", "Medium", "Low", "Unknown"]},
                "explanations_for_risk_rating": text(2048),
            }
        ),
        "business_details": closed(
            {"business_problem": text(2048), "business_stakeholders": text(2048), "line_of_business": text(2048)}
        ),
        "training_details": closed({"training_observations": text(1024), "training_job_details": TRAINING_JOB}),
        "evaluation_details": each(EVALUATION),
        "additional_information": closed(
            {
                "ethical_considerations": text(2048),
                "caveats_and_recommendations": text(2048),
                "custom_details": {"type": "object", "additionalProperties": text(1024)},
            }
        ),
    }
)
