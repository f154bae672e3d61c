"""What is audited: people, their predictions, and the network."""
