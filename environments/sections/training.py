"""The section `training`: the job, its hyperparameters and the gate."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from environments.sections.base import InstanceType, Section, Sha256

Part = Annotated[float, Field(gt=0, lt=0.5)]
ShareOrNone = Annotated[float, Field(ge=0, lt=1)]
Score = Annotated[float, Field(ge=0, le=1)]


class Hyperparameters(Section):
    """Arguments of the training script. One that is not set keeps the script's own default."""

    epochs: int | None = Field(None, ge=1, le=1000, description="Passes over the training texts.")
    batch_size: int | None = Field(
        None, ge=1, le=4096, description="Texts that go through the model at a time, all processes together."
    )
    learning_rate: float | None = Field(None, gt=0, lt=1, description="The peak learning rate.")
    max_length: int | None = Field(
        None, ge=8, le=512, description="Word pieces of a text that the model reads; the rest is cut off."
    )
    hidden_size: int | None = Field(None, ge=16, le=4096, description="Width. Only with `base_model: compact`.")
    layers: int | None = Field(None, ge=1, le=48, description="Transformer layers. Only with `base_model: compact`.")
    heads: int | None = Field(None, ge=1, le=64, description="Attention heads. Only with `base_model: compact`.")
    vocab_size: int | None = Field(
        None, ge=256, le=200_000, description="Word pieces learnt. Only with `base_model: compact`."
    )
    seed: int | None = Field(
        None, ge=0, le=2**31 - 1, description="Seed of the split, the initial weights and the batches."
    )
    valid_fraction: Part | None = Field(
        None, description="Share of the texts that choose the epoch, calibrate, and judge the export."
    )
    test_fraction: Part | None = Field(None, description="Share of the texts that the gate's figures are measured on.")
    gradient_accumulation: int | None = Field(
        None, ge=1, le=1024, description="Batches whose gradients are added up for one step of the optimiser."
    )
    patience: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="Epochs in a row that are worse than the best, beyond chance, after which training stops. "
        "Below `epochs`.",
    )
    class_weights: Literal["none", "balanced"] | None = Field(
        None, description="`balanced`: a text of a rare label weighs more in the loss, in inverse proportion."
    )
    precision: Literal["auto", "bf16", "fp32"] | None = Field(
        None, description="Precision of matrix products in training. `auto`: `bf16` if the hardware supports it."
    )
    warmup: ShareOrNone | None = Field(None, description="Share of the steps in which the learning rate rises.")
    weight_decay: ShareOrNone | None = Field(None, description="Decay of the weights by AdamW.")
    label_smoothing: ShareOrNone | None = Field(
        None, description="Share of a text's probability that is assigned to its other labels in training."
    )
    token_masking: ShareOrNone | None = Field(
        None, description="Share of a text's word pieces that are hidden from the model while training."
    )
    processes_per_host: int | None = Field(
        None,
        ge=1,
        le=64,
        description="Training processes on each instance; unset, one for each GPU, or one without a GPU.",
    )
    checkpoint_seconds: int | None = Field(
        None, ge=1, le=86_400, description="About how many seconds of work an interruption may lose; unset, 120."
    )


_OF_FEW = "; of fewer than 100, the lowest upper end of its 95 % interval"


class Gate(Section):
    """The scores that a trained model must reach to be registered and served."""

    min_accuracy: Score = Field(description=f"Lowest accuracy on the test texts{_OF_FEW}.")
    min_macro_f1: Score = Field(description=f"Lowest macro F1 on the test texts{_OF_FEW}.")
    max_regression: Score = Field(
        0.01,
        description="How far accuracy and macro F1 may each fall below the approved model's on the same test texts. A "
        "larger fall is refused if the text-by-text comparison of the two models shows that it is significant.",
    )
    max_possible_regression: Score | None = Field(
        None,
        description="The largest fall that may remain possible: the model is refused if the 95 % interval of either "
        "difference reaches lower, because there are too few test texts to tell. At least `max_regression`; unset, "
        "0.05 or `max_regression`, whichever is larger.",
    )

    @property
    def possible_regression(self) -> float:
        """`max_possible_regression`, or what it is when it is not set."""
        setting = self.max_possible_regression
        return max(0.05, self.max_regression) if setting is None else setting


class Training(Section):
    """The training pipeline."""

    base_model: str = Field(
        "distilbert-base-uncased@12040accade4e8a0f71eabdb258fecc2e7e948be",
        min_length=1,
        description="`compact` (a small DistilBERT trained from scratch, no download), a Hugging Face hub id and its "
        "commit (`distilbert-base-uncased@12040accade4e8a0f71eabdb258fecc2e7e948be`), a local folder, or "
        "`s3://bucket/prefix/`. Only weights in `model.safetensors` are loaded. With `data.retain` the commit, or of "
        "`s3://` the digest, is required.",
    )
    base_model_sha256: Sha256 | None = Field(
        None,
        description="The SHA-256 of the base model's `model.safetensors` (`sha256sum`), of several `*.safetensors` one "
        "after the other by name; training refuses another. Only with a folder or `s3://`.",
    )
    model: Literal["encoder", "linear", "blend", "best"] | None = Field(
        None,
        description="What serves: `encoder` (the base model, trained), `linear` (TF-IDF of words and characters, the "
        "same on any processor), `blend` (both, their probabilities multiplied), or `best`: the cheapest of them, "
        "unless a dearer one is better on the validation texts beyond chance. Unset, `best` with `base_model: compact` "
        "and `encoder` with a pretrained one.",
    )
    image: str | None = Field(
        None,
        min_length=1,
        description="A training image of your own instead of AWS's PyTorch one for the instance type.",
    )
    image_accepted_until: dt.date | None = Field(
        None,
        description="Last day on which a deploy accepts a training image that is no longer patched; unset, it refuses.",
    )
    instance_type: InstanceType = Field(
        "ml.c7i.2xlarge", description="The training instance; with a GPU, AWS's GPU image is used."
    )
    instance_count: int = Field(
        1, ge=1, le=16, description="Training instances. More than one share each batch, over their network."
    )
    encrypt_traffic: bool = Field(
        True, description="Encrypt the traffic between training instances. It costs some speed."
    )
    volume_gb: int = Field(30, ge=10, le=1024, description="Disk of each training instance, GB.")
    spot: bool = Field(
        False, description="Train on spare capacity: cheaper, may be interrupted and resumed from its checkpoint."
    )
    isolated: bool | None = Field(
        None,
        description="Run training jobs without a network: packages, the base model and the UCI archive come from the "
        "environment's mirror, which `rubric mirror` fills ([mirror.md](mirror.md)). Unset, `true` in a VPC "
        "(`network.mode`) and otherwise `false`.",
    )
    max_runtime_minutes: int = Field(
        40,
        ge=1,
        le=7200,
        description="A job is stopped after this time. Above 45 only with `longer_than_first_deploy`.",
    )
    longer_than_first_deploy: bool = Field(
        False,
        description="Allow jobs too long for the hour that the first deploy waits for its model. Only for "
        "environments that already have an approved model.",
    )
    hyperparameters: Hyperparameters = Field(Hyperparameters(), description="Arguments of the training script.")
    gate: Gate = Field(description="The scores that a trained model must reach.")
    approval: Literal["automatic", "manual"] = Field(
        "automatic",
        description="`manual`: a model that passed waits in the registry for a person's approval, except the first.",
    )
    schedule: str | None = Field(
        None,
        pattern=r"^(rate|cron)\(.+\)$",
        description="Train on a schedule, for example `rate(7 days)` or `cron(0 3 ? * MON *)`.",
    )
