"""`python -m local_aws.cli`: see local_aws/cli/app.py."""

from local_aws.cli.app import main

if __name__ == "__main__":
    main()
