"""What the doctor looks at, one kind of check a module."""
