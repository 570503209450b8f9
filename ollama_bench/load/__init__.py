"""Load tests by k6, and the stack that they exercise. `docs/design.md` names the rooms."""
