from datetime import datetime, timedelta

from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools import phone, short_text, webhook

NOW = datetime(2026, 9, 20, 12, 0)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class TestWebhook(BaseCase):
    """What is signed, what is believed, and when it is tried again."""

    def setUp(self):
        super().setUp()
        self.body = '{"event": "test"}'
        self.headers = webhook.headers(SECRET, "id-1", NOW, self.body)

    def test_a_message_that_was_signed_just_now_is_believed(self):
        self.assertTrue(webhook.is_genuine(SECRET, self.headers, self.body, NOW + timedelta(minutes=5)))

    def test_the_signature_is_that_of_the_open_specification(self):
        # the example that its libraries test against
        moment = datetime(2021, 2, 25, 15, 2, 10)
        headers = webhook.headers(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", moment, '{"test": 2432232314}')
        self.assertEqual(headers['webhook-timestamp'], "1614265330")
        self.assertEqual(headers['webhook-signature'], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")

    def test_a_secret_is_a_prefix_and_a_key_in_base64(self):
        proposed = webhook.new_secret()
        self.assertNotEqual(proposed, webhook.new_secret())
        for text, expected in (
            (proposed, True),
            (SECRET, True),
            (SECRET.removeprefix("whsec_"), False),
            ("whsec_open sesame", False),
            ("whsec_" + "QUJD" * 7, False),  # 21 bytes
            ("whsec_" + "QUJD" * 22, False),  # 66 bytes
            ("", False),
        ):
            with self.subTest(text):
                self.assertEqual(webhook.is_secret(text), expected)

    def test_whatever_is_changed_is_not_believed(self):
        late = NOW + timedelta(minutes=6)
        cases = [
            ("another body", SECRET, self.headers, self.body + " ", NOW),
            ("another secret", webhook.new_secret(), self.headers, self.body, NOW),
            ("another id", SECRET, {**self.headers, 'webhook-id': "id-2"}, self.body, NOW),
            ("another time", SECRET, {**self.headers, 'webhook-timestamp': "1789905601"}, self.body, NOW),
            ("no time", SECRET, {**self.headers, 'webhook-timestamp': "soon"}, self.body, NOW),
            ("no signature", SECRET, {**self.headers, 'webhook-signature': ""}, self.body, NOW),
            ("sent again later", SECRET, self.headers, self.body, late),
        ]
        for name, secret, headers, body, now in cases:
            with self.subTest(name):
                self.assertFalse(webhook.is_genuine(secret, headers, body, now))

    def test_a_second_signature_may_stand_beside_it_while_secrets_change(self):
        both = {**self.headers, 'webhook-signature': "v1,AAAA " + self.headers['webhook-signature']}
        self.assertTrue(webhook.is_genuine(SECRET, both, self.body, NOW))

    def test_tries_grow_rarer_and_end_within_a_day(self):
        moment, waits = NOW, []
        for attempts in range(1, 10):
            following = webhook.next_try(attempts, moment)
            if following is None:
                break
            waits.append(following - moment)
            moment = following
        self.assertEqual(attempts, 7)
        self.assertEqual(waits, sorted(waits))
        self.assertLess(timedelta(hours=20), moment - NOW)
        self.assertLess(moment - NOW, timedelta(days=1))

    def test_only_addresses_of_the_internet_are_public(self):
        for address, expected in (
            ("93.184.216.34", True),
            ("2606:2800:220:1:248:1893:25c8:1946", True),
            ("127.0.0.1", False),
            ("10.1.2.3", False),
            ("172.16.0.1", False),
            ("192.168.1.1", False),
            ("169.254.169.254", False),
            ("::1", False),
            ("fe80::1%eth0", False),
            ("fd00::1", False),
            ("::ffff:10.0.0.1", False),
            ("0.0.0.0", False),
            ("224.0.0.1", False),
        ):
            with self.subTest(address):
                self.assertEqual(webhook.is_public(address), expected)


class TestShortText(BaseCase):
    def test_places_are_filled(self):
        facts = {'company': "ACME", 'customer': "Bob", 'amount': "12,00 €", 'invoices': "F1, F2", 'days': "5"}
        self.assertEqual(
            short_text.fill("{company}: {amount} ({invoices}), {days} d, {customer} {{x}}", facts),
            "ACME: 12,00 € (F1, F2), 5 d, Bob {x}",
        )

    def test_what_cannot_be_filled_is_named(self):
        for text, expected in (
            ("Pay {amount}.", None),
            ("Pay {sum} to {me}.", "{sum}, {me}"),
            ("Pay {amount", "expected '}' before end of string"),
            ("Pay {}.", "{}"),
            ("{company.env}", "{company.env}"),
        ):
            with self.subTest(text):
                self.assertEqual(short_text.fault(text), expected)


class TestPhone(BaseCase):
    def test_numbers_are_dialled_from_anywhere(self):
        for number, country, expected in (
            ("06 12 34 56 78", 'FR', "+33612345678"),
            ("+33 6 12 34 56 78", None, "+33612345678"),
            ("0032 470 12 34 56", 'FR', "+32470123456"),
            ("06 12 34 56 78", None, None),
            ("12", 'FR', None),
            ("ask Bob", 'FR', None),
            ("", 'FR', None),
            (None, 'FR', None),
        ):
            with self.subTest(number):
                self.assertEqual(phone.international(number, country), expected)
