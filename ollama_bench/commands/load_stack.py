"""`load stack`: the stack in the foreground."""


def run_stack(quantum_port: int, materials_port: int, ui_port: int) -> None:
    """Run until stopped."""
    raise NotImplementedError((quantum_port, materials_port, ui_port))
