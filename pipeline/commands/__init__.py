"""The commands, one module per thing a person does: parse, call one function, show what became of it."""
