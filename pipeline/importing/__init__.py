"""Import of Word, OpenDocument and HTML files as articles."""
