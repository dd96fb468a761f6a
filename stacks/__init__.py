"""The CDK application: five stacks, each in a folder with the constructs that it is made of."""
