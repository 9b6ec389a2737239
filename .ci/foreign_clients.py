"""Lets boto3 and the AWS CLI work with the embedded AWS, as `cargo xtask sandbox` runs it."""

import sys

from processes import environment, run, sandbox


def main():
    with sandbox() as exports:
        clients = (sys.executable, "sandbox/tests/foreign_clients.py")
        run(*clients, env=environment(**exports))


if __name__ == "__main__":
    main()
