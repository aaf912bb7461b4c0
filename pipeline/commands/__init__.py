"""The commands of `publish`: parse options, call one function, show the result."""
