"""How fast is it, and how much memory does it take? One measurement a file; `python -m infra.bench` runs them all."""
