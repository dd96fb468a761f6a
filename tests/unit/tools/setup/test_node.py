"""Tests the installation of the CDK command line."""

from tools.setup import node, stamps


def test_the_cdk_command_line_is_current_only_when_whole(root):
    (root / "package.json").write_text("{}")
    assert not node.is_current(root=root)
    program = root / "node_modules/.bin/cdk"
    program.parent.mkdir(parents=True)
    program.touch()
    assert not node.is_current(root=root)  # an interrupted npm leaves files but no stamp
    stamps.write(root / "node_modules", state=stamps.COMPLETE, digest=node._digest(root))
    assert node.is_current(root=root)
    (root / "package.json").write_text('{"a": 1}')
    assert not node.is_current(root=root)
