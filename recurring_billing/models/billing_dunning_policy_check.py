from odoo import models

from ..tools import dunning_ladder


class BillingDunningPolicy(models.Model):
    """What keeps a policy from being put in force."""

    _inherit = 'billing.dunning.policy'

    def _faults(self):
        """What is wrong with the levels, in words that name the level and the remedy."""
        self.ensure_one()
        if not self.level_ids:
            return [self.env._("It has no level: add at least one.")]
        levels = self.level_ids.sorted()
        texts = [self._ladder_text(levels)]
        for position, level in enumerate(levels):
            before = levels[:position]
            texts += [level._channel_fault(), level._early_fault(), self._order_fault(level, before)]
            texts.append(self._consumer_fault(level, before))
        return [text for text in texts if text]

    def _ladder_text(self, levels):
        fault = dunning_ladder.fault(self._ladder())
        if not fault:
            return None
        number, reason = fault
        texts = {
            'backwards': self.env._(
                "Level “%s”: its day must come after that of the level before. Correct its days or its place.",
                levels[number - 1].name,
            ),
            'min_days': self.env._(
                "Level “%s”: the days since the last action are zero or more.", levels[number - 1].name
            ),
            'min_amount': self.env._("Level “%s”: the smallest amount is zero or more.", levels[number - 1].name),
        }
        return texts[reason]

    def _order_fault(self, level, before):
        """What must not follow, or must have come before."""
        if any(one.effect == 'hand_over' for one in before):
            return self.env._(
                "Level “%s” follows the hand-over, after which nobody is reminded. Remove it, or place it before.",
                level.name,
            )
        if level.effect in ('terminate', 'hand_over') and level.effect_mode == 'do' and not level.is_manual:
            return self.env._(
                "Level “%s”: a contract is ended, and a case handed over, by a person alone. Tick “Confirmed by Hand”, "
                "or choose “Proposed to a person”.",
                level.name,
            )
        suspends = level.effect in ('suspend', 'terminate') and level.effect_mode == 'do'
        if suspends and not any(one.is_formal_notice for one in before):
            return self.env._(
                "Level “%s”: a service is suspended, and a contract ended, only after a formal notice. Choose "
                "“Proposed to a person”, or place a formal notice before.",
                level.name,
            )
        return None

    def _consumer_fault(self, level, before):
        """Consumers owe interest from the formal notice on (C. civ. 1231-6), and never the indemnity."""
        is_owed = any(one.is_formal_notice for one in [*before, level])
        if self.audience == 'consumer' and level.late_fees != 'none' and not is_owed:
            return self.env._(
                "Level “%s”: consumers owe no interest before a formal notice. Choose “Not mentioned”.", level.name
            )
        return None
