package app

import (
	"context"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvkeeper "github.com/stafiprotocol/stafid/x/ssv/keeper"
)

// sessionDuties tells x/ssv what members did in a settled session. Neither module knows the other.
type sessionDuties struct{ ssv *ssvkeeper.Keeper }

var _ multisigtypes.Hooks = sessionDuties{}

// AfterSessionSettled counts the session in the accounts of the vault's members. It is required of them where it obliges and is
// not VOID, which blames no one (protocol §7).
func (d sessionDuties) AfterSessionSettled(
	ctx context.Context, vault multisigtypes.Vault, session multisigtypes.Session, tally multisigtypes.Tally,
	results []multisigtypes.MemberResult,
) error {
	duties := make([]ssvkeeper.SessionDuty, len(results))
	for i, result := range results {
		duties[i] = ssvkeeper.SessionDuty{Operator: result.Operator, Signed: result.Signed, Wrong: result.Wrong}
	}
	required := session.Obliged && tally.Status != multisigtypes.SESSION_STATUS_VOID
	return d.ssv.RecordSessionDuty(ctx, vault.Id, required, duties)
}
