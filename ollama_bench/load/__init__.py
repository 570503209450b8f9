"""Load tests: the stack that they exercise, and the commands `ollama-bench load …`.

console.py     the commands
stack.py       the two services and the console page as child processes
"""
