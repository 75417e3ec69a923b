"""Durable jobs: the story of one encode, and the engines that carry it through crashes."""
