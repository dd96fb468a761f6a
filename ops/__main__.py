"""`python -m ops`: the same as the `rubric` command."""

from ops.main import main

if __name__ == "__main__":
    main()
