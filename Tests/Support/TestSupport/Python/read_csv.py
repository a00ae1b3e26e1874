"""Reads a CSV (RFC 4180) from stdin and prints its records as JSON."""

import csv
import io
import json
import sys

text = sys.stdin.buffer.read().decode("utf-8")
if text.replace("\r\n", "").count("\n") or text.replace("\r\n", "").count("\r"):
    sys.exit("a line does not end in CRLF")
json.dump(list(csv.reader(io.StringIO(text, newline=""), strict=True)), sys.stdout)
