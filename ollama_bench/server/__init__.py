"""The one seam to a model server: Ollama's HTTP API, and the local processes behind it."""
