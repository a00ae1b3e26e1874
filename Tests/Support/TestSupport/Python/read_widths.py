"""Prints the width in terminal cells of each character of stdin, as JSON."""

import json
import sys

from wcwidth import wcwidth

json.dump([wcwidth(c) for c in sys.stdin.buffer.read().decode("utf-8")], sys.stdout)
