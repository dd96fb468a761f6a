"""The comment: what it says, how it is cut to GitHub's length, and that nothing in a template takes effect in it."""

from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from ops.changes import markdown, review
from ops.changes.review import ImageNote, Review
from tests.unit.ops.changes.assemblies import FUNCTION, template

HOSTILE = "` `` @team </details> <img src=x> [a](http://b) |\n# x"


def reviewed(before: Any, after: Any, **more: Any) -> Review:
    stack = review.of_stack("Rubric-dev-Api", before=before, after=after)
    return Review(environment="dev", compared="what is deployed", stacks=(stack,), **more)


def test_it_says_what_changes_what_widens_and_what_is_asked() -> None:
    image = ImageNote(image="i", state="ending", message="its patches end")
    one = reviewed(template(), template(["s3:*"], memory=256), images=(image,), asked=("Approve it.",))
    text = markdown.comment([one])
    assert text.startswith(markdown.MARKER)
    assert "| dev | 2 changed | **1 widens** | none lost | **1 to look at** |" in text
    assert "- `Rubric-dev-Api` `role a-role`: action added: `Allow s3:* on a/*` ⚠ **many actions**" in text
    assert "- [ ] Approve it." in text
    assert "  - `MemorySize`: `128` → `256`" in text


def test_an_environment_without_a_change_is_a_row_of_the_table_alone() -> None:
    text = markdown.comment([reviewed(template(), template())])
    assert "| dev | no change | no widening | none lost | patched |" in text and "###" not in text


def many(count: int, width: int = 60) -> tuple[dict[str, Any], dict[str, Any]]:
    """Templates with functions that all change, and a role that gets a permission on each."""

    def side(value: str, resources: list[str]) -> dict[str, Any]:
        variables = {f"V{index}": value * width for index in range(6)}
        functions = {
            f"Function{index}": {"Type": FUNCTION, "Properties": {"Environment": {"Variables": variables}}}
            for index in range(count)
        }
        statements = [
            {"Effect": "Allow", "Action": f"s3:Get{index}", "Resource": each} for index, each in enumerate(resources)
        ]
        policy = {"Roles": ["r"], "PolicyDocument": {"Statement": statements}}
        return {"Resources": {**functions, "P": {"Type": "AWS::IAM::Policy", "Properties": policy}}}

    return side("a", []), side("b", [f"arn:{index}/{'x' * 40}" for index in range(count)])


@pytest.mark.parametrize("count", [30, 200, 1_000])
def test_it_is_cut_to_what_github_takes_and_says_where_the_rest_is(count: int) -> None:
    text = markdown.comment([reviewed(*many(count))], whole="https://run/7")
    assert len(text.encode()) <= markdown.MOST_BYTES
    assert f"**{count:,} widen**" in text
    shortened = "This comment is shortened to fit. The whole list: https://run/7." in text
    assert shortened is (count > 30)
    assert text.count("<details>") == text.count("</details>")


def test_details_go_before_permissions() -> None:
    text = markdown.comment([reviewed(*many(150))])
    assert text.count("new holder") == 150 and "`Environment.Variables.V5`" not in text


def test_hundreds_of_environments_are_cut_hard() -> None:
    text = markdown.comment([reviewed(*many(5))] * 900)
    assert len(text.encode()) <= markdown.MOST_BYTES and "**Cut here.**" in text


def test_nothing_in_a_template_takes_effect() -> None:
    before, after = template(), template([HOSTILE])
    after["Resources"]["Handler"]["Properties"]["Description"] = HOSTILE
    text = markdown.comment([reviewed(before, after, asked=(HOSTILE,))])
    tokens = [child for token in MarkdownIt("commonmark").parse(text) for child in (token, *(token.children or []))]
    own = ("<!--", "<details>", "</details>")
    for token in tokens:
        assert token.type not in ("link_open", "image", "html_inline", "fence")
        assert not token.type.startswith("html") or token.content.startswith(own), token.content
        assert token.type != "text" or "@team" not in token.content
    shown = [token.content for token in tokens if token.type == "code_inline"]
    assert " ".join(HOSTILE.split()) in [" ".join(each.split()) for each in shown]


def test_a_review_survives_its_file(tmp_path: Path, capsys: Any) -> None:
    from ops.terminal import screen

    one = reviewed(template(), template(["s3:*"], table=False))
    screen.print_json({"reviews": [review.as_dict(one)]})
    (tmp_path / "dev.json").write_text(capsys.readouterr().out, encoding="utf-8")
    assert review.from_file(tmp_path / "dev.json") == [one]
