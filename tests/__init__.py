"""Tests, laid out as the packages are; they use real servers, files and processes."""
