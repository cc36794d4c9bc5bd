"""``python -m mixdream``: the same as the ``mixdream`` command (``accelerate launch -m`` needs it)."""

from mixdream.cli.main import main

if __name__ == "__main__":
    main()
