"""Networks: loading, building, training and asking them. Modules are imported where needed."""
