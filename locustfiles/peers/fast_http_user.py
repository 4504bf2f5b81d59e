"""Locust's FastHttpUser as it comes, for side-by-side benchmarks."""

from locust import FastHttpUser, task


class FastUser(FastHttpUser):
    """Posts one small question after the other."""

    @task
    def query(self) -> None:
        self.client.post("/query", json={"question": "What marks a safe load?"})
