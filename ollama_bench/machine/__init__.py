"""What the operating system tells of this machine. Linux first; None where it does not tell, never an error."""
