"""The post: who is told about what, in which words, and the sending of each letter once."""
