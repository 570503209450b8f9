"""What the larger commands do between parsing and printing."""
