"""What an audit did not assess, and why."""
