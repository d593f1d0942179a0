"""When a provider counts as down, and who finds out that it is back."""

from guard.circuit import Circuit


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def failed(circuit: Circuit, times: int) -> None:
    for _ in range(times):
        circuit.failed()


def test_it_opens_after_so_many_failures_in_a_row_and_closes_with_one_answer() -> None:
    circuit = Circuit(3, 10, Clock())
    failed(circuit, 2)
    circuit.answered()
    failed(circuit, 2)
    assert (circuit.is_open, circuit.wait_s()) == (False, 0)
    failed(circuit, 1)
    assert (circuit.is_open, circuit.wait_s()) == (True, 10)
    circuit.answered()
    assert (circuit.is_open, circuit.wait_s()) == (False, 0)


def test_while_it_is_open_one_request_in_a_while_tries() -> None:
    clock = Clock()
    circuit = Circuit(1, 10, clock)
    failed(circuit, 1)
    clock.now = 4
    assert circuit.wait_s() == 6
    clock.now = 10
    assert [circuit.wait_s() for _ in range(3)] == [0, 10, 10]
    circuit.failed()
    clock.now = 15
    assert circuit.wait_s() == 5


def test_none_means_that_it_never_opens() -> None:
    circuit = Circuit(0, 10, Clock())
    failed(circuit, 100)
    assert (circuit.is_open, circuit.wait_s()) == (False, 0)
