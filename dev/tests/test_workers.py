"""Several processes, processes that are killed, and the same night twice: the invoices are those of one quiet run."""

import random
import time
import unittest

import workers

KILLS = 4


class TestWorkers(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.foreman = cls.enterClassContext(workers.foreman())
        cls.random = random.Random(19)
        start = time.monotonic()
        cls.foreman.worker("reference").finish()
        cls.seconds = time.monotonic() - start
        cls.count = cls.foreman.count()
        cls.reference, cls.reference_faults = cls.foreman.outcome(), cls.foreman.faults()
        cls.foreman.worker("second").finish()
        cls.second = cls.foreman.outcome()

    def test_one_run_bills_all_that_is_due(self):
        self.assertEqual(self.reference_faults, {})
        self.assertGreater(self.count, 100)

    def test_a_second_run_bills_nothing_more(self):
        self.assertEqual(self.second, self.reference)

    def test_two_workers_at_once_bill_like_one(self):
        self.foreman.fresh()
        both = [self.foreman.worker(name) for name in ("one", "other")]
        self.assertFalse(both[0].wait(0), "one had ended before the other began")
        for worker in both:
            worker.finish()
        self.assert_as_billed_by_one()

    def test_what_killed_workers_leave_is_billed_by_the_next(self):
        self.foreman.fresh()
        for number, moment in enumerate(self.moments(KILLS)):
            workers.kill_one([self.foreman.worker(f"killed-{number}")], *moment)
        self.assertTrue(self.foreman.faults().get("due"), "the kills came too late to leave anything")
        self.mend()
        self.assertGreater(len(self.makers()), 1, "the kills came too early to find anything done")
        self.assert_as_billed_by_one()

    def test_a_worker_survives_the_death_of_another(self):
        self.foreman.fresh()
        both = [self.foreman.worker(name) for name in ("one-of-two", "other-of-two")]
        [survivor] = workers.kill_one(both, *self.moments(1)[0])
        survivor.finish()
        self.mend()
        self.assert_as_billed_by_one()

    def mend(self):
        """The next night."""
        self.foreman.disconnected()
        self.foreman.worker("next-night").finish()

    def moments(self, number):
        """Return random moments, the earlier first: how many invoices are there, and how many seconds later."""
        pause = 2 * self.seconds / (self.count / workers.SLICE)
        counts = sorted(self.random.randrange(int(0.7 * self.count)) for _ in range(number))
        return [(count, self.random.uniform(0, pause)) for count in counts]

    def makers(self):
        return self.foreman.query("SELECT DISTINCT made_by FROM account_move WHERE made_by IS NOT NULL")

    def assert_as_billed_by_one(self):
        self.assertEqual(self.foreman.faults(), {})
        outcome = self.foreman.outcome()
        for kind, expected in self.reference.items():
            self.assertEqual(outcome[kind], expected, kind)
