"""Custom resource: has CodeBuild make the lean container's image, and tells CloudFormation how that ended."""
