"""The CDK application: six stacks, each in a folder with its constructs."""
