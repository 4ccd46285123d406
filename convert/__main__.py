"""``python -m convert``: the command without an installed script."""

from convert.cli import main

if __name__ == "__main__":
    main()
