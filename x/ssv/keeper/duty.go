package keeper

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// SessionDuty is what one member of a vault generation did in a session that settled.
type SessionDuty struct {
	Operator string
	Signed   bool
	// Wrong counts its wrong signatures.
	Wrong uint32
}

// RecordSessionDuty counts a settled session in the accounts of a vault generation's members for the current era (protocol §12). One
// that blames nobody is not required: signatures given in it are credited, for points, and make up for none that was owed; wrong ones are
// not counted, for what was to be signed may have been at fault.
func (k Keeper) RecordSessionDuty(ctx context.Context, vault uint64, required bool, duties []SessionDuty) error {
	for _, duty := range duties {
		err := k.updateDuty(ctx, vault, duty.Operator, func(account *types.DutyAccount) {
			duty.count(account, required)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (d SessionDuty) count(account *types.DutyAccount, required bool) {
	if !required {
		if d.Signed {
			account.Credited++
		}
		return
	}
	account.Required++
	if d.Signed {
		account.Signed++
	}
	account.Wrong += uint64(d.Wrong)
}

// RecordObservation counts an accepted observation in the accounts of a vault generation's members for the current era
// (protocol §12): agreed and contrary are the operators that voted for it and against it, each once and a member.
func (k Keeper) RecordObservation(ctx context.Context, vault uint64, members []string, agreed, contrary []string) error {
	votes := make(map[string]vote, len(members))
	for i, operators := range [][]string{agreed, contrary} {
		for _, operator := range operators {
			if votes[operator] != 0 {
				return types.ErrInvalidObservation.Wrapf("%s votes twice", operator)
			}
			votes[operator] = vote(i + 1)
		}
	}
	counted := 0
	for _, operator := range members {
		given := votes[operator]
		if given != 0 {
			counted++
		}
		if err := k.updateDuty(ctx, vault, operator, given.count); err != nil {
			return err
		}
	}
	if counted != len(votes) {
		return types.ErrInvalidObservation.Wrapf("%d of %d votes are members', want all", counted, len(votes))
	}
	return nil
}

// vote of a member on an accepted observation; 0 is silence.
type vote int

const (
	voteAgreed vote = iota + 1
	voteContrary
)

func (v vote) count(account *types.DutyAccount) {
	account.Observed++
	switch v {
	case voteAgreed:
		account.Agreed++
	case voteContrary:
		account.Contrary++
	}
}

// updateDuty changes a member's account of a vault generation in the current era.
func (k Keeper) updateDuty(ctx context.Context, vault uint64, operator string, change func(*types.DutyAccount)) error {
	raw, err := k.rawOperator(operator)
	if err != nil {
		return err
	}
	era, err := k.CurrentEra(ctx)
	if err != nil {
		return err
	}
	key := collections.Join3(era.Number, raw, vault)
	account, found, err := maybe(ctx, k.DutyAccounts, key)
	if err != nil {
		return err
	}
	if !found {
		account = types.DutyAccount{Era: era.Number, Vault: vault, Operator: operator}
	}
	change(&account)
	return k.DutyAccounts.Set(ctx, key, account)
}
