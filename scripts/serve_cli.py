"""Arguments of `plimsoll serve`."""

from typing import Annotated

import typer

from scripts.guard import command


@command
def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="0 picks a free one.")] = 8800,
    api: Annotated[str, typer.Option("--api", help="rag or xnai.")] = "rag",
    redis_url: Annotated[
        str | None,
        typer.Option("--redis-url", envvar="PLIMSOLL_REDIS_URL", help="Keep breakers in this Redis."),
    ] = None,
    embeddings_url: Annotated[
        str | None, typer.Option("--embeddings-url", help="An OpenAI-compatible server for embeddings.")
    ] = None,
    llm_url: Annotated[
        str | None, typer.Option("--llm-url", help="An OpenAI-compatible server that generates.")
    ] = None,
    allow_faults: Annotated[
        bool, typer.Option("--allow-faults", help="Add the admin route that injects faults.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Seed of tokens and latencies.")] = 1,
    embeddings_model: Annotated[str, typer.Option("--embeddings-model")] = "embeddings",
    llm_model: Annotated[str, typer.Option("--llm-model")] = "chat",
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="The semantic cache.")] = True,
    embed_ms: Annotated[float, typer.Option("--embed-ms", help="Median time to embed.")] = 4.0,
    retrieve_ms: Annotated[float, typer.Option("--retrieve-ms", help="Median time to retrieve.")] = 6.0,
    ttft_ms: Annotated[float, typer.Option("--ttft-ms", help="Median time to the first token.")] = 25.0,
    token_ms: Annotated[float, typer.Option("--token-ms", help="Median time between tokens.")] = 10.0,
    tokens: Annotated[int, typer.Option("--tokens", help="Tokens of an answer.")] = 30,
    max_generations: Annotated[
        int, typer.Option("--max-generations", help="Generations at the same time; the rest queue.")
    ] = 32,
    slow_factor: Annotated[float, typer.Option("--slow-factor", help="Multiplies every time.")] = 1.0,
    extra_latency_ms: Annotated[
        float, typer.Option("--extra-latency-ms", help="Added to every answer.")
    ] = 0.0,
    breaker_failures: Annotated[
        int, typer.Option("--breaker-failures", help="Failures that open a breaker.")
    ] = 5,
    breaker_recovery_s: Annotated[
        float, typer.Option("--breaker-recovery-s", help="Seconds until an open breaker tries again.")
    ] = 10.0,
    end_with_parent: Annotated[
        bool, typer.Option("--end-with-parent", help="End when the process that started it does.")
    ] = False,
) -> int:
    """Serve the reference RAG service until it is told to stop."""
    from scripts.service.command import serve_command

    return serve_command(
        host,
        port,
        api,
        redis_url,
        embeddings_url,
        llm_url,
        allow_faults,
        seed,
        embeddings_model=embeddings_model,
        llm_model=llm_model,
        cache=cache,
        embed_ms=embed_ms,
        retrieve_ms=retrieve_ms,
        ttft_ms=ttft_ms,
        token_ms=token_ms,
        tokens=tokens,
        max_generations=max_generations,
        slow_factor=slow_factor,
        extra_latency_ms=extra_latency_ms,
        breaker_failures=breaker_failures,
        breaker_recovery_s=breaker_recovery_s,
        end_with_parent=end_with_parent,
    )
