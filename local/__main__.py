"""`python -m local`: see local/app.py."""

from local.app import main

if __name__ == "__main__":
    main()
