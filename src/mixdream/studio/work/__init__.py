"""What the workers do, a module for each kind of job."""
