"""SLOs for whatever can be timed: names, numbers and limits. Knows nothing of Ollama, prompts or scores."""
