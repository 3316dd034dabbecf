package app

import (
	"context"

	multisigkeeper "github.com/stafiprotocol/stafid/x/multisig/keeper"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvkeeper "github.com/stafiprotocol/stafid/x/ssv/keeper"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// memberDeeds tells x/ssv what members did with their keys. Neither module knows the other.
type memberDeeds struct {
	ssv      *ssvkeeper.Keeper
	multisig *multisigkeeper.Keeper
}

var _ multisigtypes.Hooks = memberDeeds{}

// AfterSessionSettled counts the session in the accounts of the vault's members, and has x/ssv judge whether the vault is in danger. It
// blames those who did not sign where it obliges, is not VOID (protocol §7), and was not overtaken: another attempt of its series proven
// before N signed this one.
func (d memberDeeds) AfterSessionSettled(
	ctx context.Context, vault multisigtypes.Vault, session multisigtypes.Session, tally multisigtypes.Tally,
	results []multisigtypes.MemberResult,
) error {
	duties := make([]ssvkeeper.SessionDuty, len(results))
	for i, result := range results {
		duties[i] = ssvkeeper.SessionDuty{Operator: result.Operator, Signed: result.Signed, Wrong: result.Wrong}
	}
	proven, err := d.proven(ctx, session, tally)
	if err != nil {
		return err
	}
	settled := ssvkeeper.SettledSession{
		Contract: vault.Contract, Vault: vault.Id, Session: session.Id, VaultEra: vault.Era,
		Size: session.Size_, Threshold: session.Threshold, Signatures: tally.Signatures,
		Active: vault.Status == multisigtypes.VAULT_STATUS_ACTIVE, Proven: proven,
		Blames: session.Obliged && tally.Status != multisigtypes.SESSION_STATUS_VOID && (tally.Signatures >= session.Threshold || !proven),
		Duties: duties,
	}
	if err := d.ssv.RecordSettled(ctx, settled); err != nil {
		return err
	}
	d.ssv.JudgeSession(ctx, settled)
	return nil
}

// proven says whether an attempt of the session's series was proven executed: nothing else finishes a series of which an attempt is not settled.
func (d memberDeeds) proven(ctx context.Context, session multisigtypes.Session, tally multisigtypes.Tally) (bool, error) {
	series, unfinished, err := d.multisig.CurrentSeries(ctx, session.Vault)
	return tally.Status == multisigtypes.SESSION_STATUS_PROVEN || !unfinished || series.Root != session.Root, err
}

// AfterRogueSignature has the signer punished for evil (protocol §13).
func (d memberDeeds) AfterRogueSignature(ctx context.Context, vault multisigtypes.Vault, rogue multisigtypes.RogueSignature) error {
	_, err := d.ssv.PunishEvil(ctx, ssvtypes.Accusation{
		Contract: vault.Contract, Vault: vault.Id, VaultEra: vault.Era, Operator: rogue.Operator,
		Deed: ssvtypes.DEED_ROGUE_SIGNATURE, Proof: rogue.Digest,
	})
	return err
}
