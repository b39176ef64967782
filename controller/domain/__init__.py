"""What Cordon knows about networks, plans and proof: values and pure functions, standard library only."""
