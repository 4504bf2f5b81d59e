"""Values in, text out: HTML, Markdown, JUnit and plots."""
