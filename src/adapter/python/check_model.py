"""Reads the text of a Python model and says what is wrong with it: one line with the kind, then Python's message."""

import ast
import sys


class Models(ast.NodeVisitor):
    returns_one = True

    def visit_FunctionDef(self, function):
        last = function.body[-1]
        one = isinstance(last, ast.Return) and not isinstance(last.value, ast.Tuple)
        self.returns_one = self.returns_one and (one or function.name != "model")


try:
    models = Models()
    models.visit(ast.parse(sys.stdin.buffer.read().decode(), filename=sys.argv[1]))
    answer = "fine\n" if models.returns_one else "returns\n"
except SyntaxError as error:
    answer = f"syntax\n{error}\n{error.text}"
sys.stdout.buffer.write(answer.encode())
