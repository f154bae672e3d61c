"""The audited people: tables to named inputs, labels, groups, weights and splits."""
