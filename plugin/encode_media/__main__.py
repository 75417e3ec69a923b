"""`python -m encode_media`."""

from encode_media.cli import main

if __name__ == "__main__":
    main()
