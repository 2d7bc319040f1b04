"""Reads PowerShell on stdin with its grammar: prints each place that is no PowerShell, and nothing else."""

import sys

import tree_sitter_powershell
from tree_sitter import Language, Parser

script = sys.stdin.buffer.read()
root = Parser(Language(tree_sitter_powershell.language())).parse(script).root_node
nodes = [root]
while nodes:
    node = nodes.pop()
    nodes.extend(node.children)
    if node.is_error or node.is_missing:
        row, column = node.start_point
        print(f"line {row + 1}, column {column + 1}: {node.type}: {node.text.decode()!r}")
if not root.children:
    print("there is no script")
