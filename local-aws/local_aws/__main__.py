"""`python -m local_aws`: see local_aws/command/main.py."""

from local_aws.command.main import main

if __name__ == "__main__":
    raise SystemExit(main())
