"""The CDK application: five stacks, each in a folder with its constructs."""
