"""What could spoil a measurement, told before it: facts in, checks out. commands/doctor_facts.py gathers. Pure."""
