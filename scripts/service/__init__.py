"""The reference RAG service."""
