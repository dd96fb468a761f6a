"""The settings of delivery: which repository may deploy which environments into an account."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from contracts.deployment.delivery import Repository
from environments.sections.base import Section
from environments.sections.environment import ShortName

# GitHub's own characters; without a star or a question mark, so that no policy takes it for a pattern.
_REPOSITORY = r"^[A-Za-z0-9](-?[A-Za-z0-9]){0,38}/[A-Za-z0-9._-]{1,100}$"


class Delivery(Section):
    """Delivery into one account: the repository, the form of its subjects, and the environments."""

    repository: Annotated[str, StringConstraints(pattern=_REPOSITORY)] = Field(
        description="The repository whose workflows deploy: `owner/name`, as GitHub spells it."
    )
    subject: Literal["names", "ids"] = Field(
        description="The form of the subject in its tokens: `ids` for a repository that was created, renamed or "
        "transferred after 2026-07-15 or that opted in to immutable subjects, `names` for any other."
    )
    owner_id: int | None = Field(None, ge=1, description="The number of the repository's owner, for `subject: ids`.")
    repository_id: int | None = Field(None, ge=1, description="The number of the repository, for `subject: ids`.")
    environments: list[ShortName] = Field(
        min_length=1, description="The environments that are deployed into this account, all of one project."
    )
    oidc_provider: Literal["create", "existing"] = Field(
        description="Whether the stack makes the account's identity provider for GitHub, of which there can be one, "
        "or uses the one that is there and leaves it when it is destroyed."
    )

    @property
    def source(self) -> Repository:
        """The repository with its subjects."""
        return Repository(name=self.repository, owner_id=self.owner_id, id=self.repository_id)


class DeliveryFile(Section):
    """A file such as delivery/delivery.yaml."""

    delivery: Delivery = Field(description="Delivery into one account.")
