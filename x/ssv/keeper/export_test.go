package keeper

import (
	"context"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// ChoreStandings is the mark of standings that wait to be measured.
const ChoreStandings = choreStandings

// SetCommittee seats a committee as an era's change does; members that are not registered are first, without keys.
func (k Keeper) SetCommittee(ctx context.Context, committee types.Committee) error {
	for _, member := range committee.Members {
		operator, err := k.rawOperator(member.Operator)
		if err != nil {
			return err
		}
		registered, err := k.Candidates.Has(ctx, operator)
		if err != nil {
			return err
		}
		if registered {
			continue
		}
		if err := k.Candidates.Set(ctx, operator, types.Candidate{Operator: member.Operator}); err != nil {
			return err
		}
	}
	return k.setCommittee(ctx, committee)
}

// Seat seats a contract's elected committee.
func (k Keeper) Seat(ctx context.Context, contract uint64) error { return k.seat(ctx, contract) }
