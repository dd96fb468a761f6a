"""Custom resource: starts CodeBuild's build of the lean container's image and reports its end to CloudFormation."""
