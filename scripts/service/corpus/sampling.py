"""Passages on statistics and queues: samples, quantiles, intervals and waiting."""

import math
from collections.abc import Iterator
from statistics import NormalDist

from scripts.service.corpus.draft import Draft

_TERMS = (
    (
        "Mean and median",
        "The mean is pulled by extreme values, the median is not. Latencies have a long right tail, so "
        "their mean lies above their median and says little about a typical request.",
    ),
    (
        "What a percentile is",
        "The 95th percentile is the value that 95 percent of the observations do not exceed. "
        "Percentiles of parts cannot be averaged into the percentile of the whole; histograms can be "
        "added.",
    ),
    (
        "Confidence interval",
        "A 95 percent confidence interval comes from a method that covers the true value in 95 of 100 "
        "repetitions. It says nothing certain about the one interval at hand.",
    ),
    (
        "Prediction interval",
        "A prediction interval says where the next observation will fall. It is wider than a "
        "confidence interval of the mean, because a new run brings its own noise.",
    ),
    (
        "Statistical power",
        "The power of a test is the chance to find an effect that is there. It grows with the effect "
        "and the sample, and falls with the noise; ask for it before measuring.",
    ),
    (
        "False alarms",
        "At a level of five percent one in twenty comparisons of equal things looks different. Many "
        "metrics tested at once raise alarms unless the level is lowered or the margin is wide.",
    ),
    (
        "Paired comparison",
        "Pairing measures old and new side by side under the same conditions. What disturbs both "
        "cancels in the difference, so fewer runs are needed.",
    ),
    (
        "Autocorrelation",
        "Requests one after another share queues and caches, so their latencies are not independent. "
        "Treating them as independent makes intervals too narrow; whole runs or sections do better.",
    ),
    (
        "Poisson arrivals",
        "Arrivals from many independent users form a Poisson process. The gaps are exponential, so "
        "bursts are normal and a fixed rhythm is the exception.",
    ),
    (
        "Open and closed load",
        "In an open model requests arrive whether or not earlier ones are done. In a closed model a "
        "fixed number of users wait for answers, so a slow service lowers its own load.",
    ),
    (
        "Zipf's law",
        "With Zipf popularity the n-th most popular item is asked for in proportion to one over n. A "
        "small cache then serves a large share of the requests.",
    ),
    (
        "Bootstrap",
        "The bootstrap draws new samples from the sample itself, with replacement, and looks how the "
        "estimate varies. It needs no formula for the estimate's error.",
    ),
    (
        "Warm-up",
        "The first minutes of a load test show cold caches and compilers at work. They are cut away "
        "before the steady part is summed up, and the cut is fixed before looking at the result.",
    ),
    (
        "Outliers",
        "An outlier is a reason to look, not a reason to delete. The slowest requests are often the "
        "ones that users complain about.",
    ),
)  # fmt: skip


def drafts() -> Iterator[Draft]:
    yield from (Draft(title, text) for title, text in _TERMS)
    for percent in (*range(5, 96, 5), 96, 97, 98, 99):
        yield _single_server(percent)
    for servers in (2, 3, 4, 6, 8, 12, 16, 24):
        for percent in (50, 60, 70, 80, 85, 90, 95):
            yield _erlang(servers, percent)
    for rate in (2, 5, 10, 25, 50, 100, 200, 500):
        for stay_ms in (20, 50, 100, 250, 500, 1000):
            yield _little(rate, stay_ms)
    for margin in (1, 2, 3, 4, 5, 7, 10):
        for level in (90, 95, 99):
            yield _sample_size(margin, level)
    for percentile in (50.0, 75.0, 90.0, 95.0, 97.5, 99.0, 99.5, 99.9):
        yield _quantile(percentile)
        for count in (100, 300, 1000, 3000, 10_000, 100_000):
            yield _tail(percentile, count)


def _single_server(percent: int) -> Draft:
    load = percent / 100
    return Draft(
        f"Waiting at {percent} percent utilisation of one server",
        f"A single server with random arrivals and exponential service times that is busy {percent} "
        f"percent of the time holds {load / (1 - load):.2f} requests on average. A request stays "
        f"{1 / (1 - load):.2f} times its own service time, and its 95th percentile is "
        f"{3 / (1 - load):.1f} service times.",
    )


def _erlang(servers: int, percent: int) -> Draft:
    offered = servers * percent / 100
    below = sum(offered**k / math.factorial(k) for k in range(servers))
    top = offered**servers / math.factorial(servers) / (1 - percent / 100)
    waits = top / (below + top)
    return Draft(
        f"Chance to wait with {servers} servers at {percent} percent utilisation",
        f"With {servers} parallel servers that are {percent} percent busy, Erlang's C formula gives a "
        f"chance of {waits * 100:.1f} percent that an arrival must wait. The mean wait over all "
        f"arrivals is {waits / (servers * (1 - percent / 100)):.3f} service times.",
    )


def _little(rate: int, stay_ms: int) -> Draft:
    return Draft(
        f"Little's law for {rate} requests per second of {stay_ms} ms",
        f"If {rate} requests arrive per second and each stays {stay_ms} milliseconds, then "
        f"{rate * stay_ms / 1000:g} are in the system on average. Little's law, number equals rate "
        "times stay, needs no assumption on distributions.",
    )


def _sample_size(margin: int, level: int) -> Draft:
    z = NormalDist().inv_cdf(0.5 + level / 200)
    return Draft(
        f"Sample size for a margin of {margin} points at {level} percent confidence",
        f"To estimate a share to within {margin} percentage points at {level} percent confidence takes "
        f"a sample of {math.ceil((z * 50 / margin) ** 2):,} in the worst case, a share of one half. "
        "Half the margin needs four times the sample.",
    )


def _quantile(percentile: float) -> Draft:
    z = NormalDist().inv_cdf(percentile / 100)
    return Draft(
        f"The {percentile:g}th percentile of the normal distribution",
        f"In a normal distribution the {percentile:g}th percentile lies {z:.3f} standard deviations "
        f"above the mean. With a mean of 100 and a standard deviation of 15 it is {100 + 15 * z:.1f}.",
    )


def _tail(percentile: float, count: int) -> Draft:
    tail = 1 - percentile / 100
    spread = math.sqrt(count * tail * (1 - tail)) * 1.96
    return Draft(
        f"The {percentile:g}th percentile from {count:,} observations",
        f"In a sample of {count:,} observations about {count * tail:,.1f} lie above the "
        f"{percentile:g}th percentile, give or take {spread:.1f} at 95 percent. {_advice(count * tail)}",
    )


def _advice(expected: float) -> str:
    if expected < 10:
        return "That is too few to compare this percentile between two runs."
    return "That is enough to compare it, if the runs themselves are alike."
