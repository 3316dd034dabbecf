package keeper

import (
	"context"

	"github.com/stafiprotocol/stafid/x/ssv/election"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// electionTerms are what an election reads besides the pool and the demands, as it stands now. A freeze keeps them: between the seed and
// the era's end nothing may change whom the seed draws (protocol §3, step 1).
func (k Keeper) electionTerms(ctx context.Context, params types.Params) (types.ElectionTerms, error) {
	terms := types.ElectionTerms{
		MaxRestingShare: params.MaxRestingShare, MinPoolFactor: params.MinPoolFactor,
		MaxExcludedPower: params.MaxExcludedPower, MinProducers: params.MinProducers, MinThresholdRatio: params.MinThresholdRatio,
	}
	committees, err := k.PresentCommittees(ctx)
	if err != nil {
		return terms, err
	}
	for _, committee := range committees {
		seats, err := k.servingSeats(ctx, committee)
		if err != nil {
			return terms, err
		}
		terms.Serving = append(terms.Serving, types.ServingCommittee{Contract: committee.Contract, Seats: seats})
	}
	return terms, nil
}

// servingSeats returns those of a committee's members that do not produce.
func (k Keeper) servingSeats(ctx context.Context, committee types.Committee) ([]types.ServingSeat, error) {
	var seats []types.ServingSeat
	for _, member := range committee.Members {
		operator, err := k.rawOperator(member.Operator)
		if err != nil {
			return nil, err
		}
		registered, err := k.Candidates.Has(ctx, operator)
		if err != nil {
			return nil, err
		}
		if registered {
			seats = append(seats, types.ServingSeat{Operator: operator, Weight: member.Weight})
		}
	}
	return seats, nil
}

// termsOf are those of a complete freeze, or of now where there is none.
func (k Keeper) termsOf(ctx context.Context, freeze types.Freeze) (types.ElectionTerms, error) {
	if freeze.Terms != nil {
		return *freeze.Terms, nil
	}
	params, err := k.GetParams(ctx)
	if err != nil {
		return types.ElectionTerms{}, err
	}
	return k.electionTerms(ctx, params)
}

func electionSeats(serving types.ServingCommittee) []election.Seat {
	seats := make([]election.Seat, len(serving.Seats))
	for i, seat := range serving.Seats {
		seats[i] = election.Seat{Operator: seat.Operator, Weight: seat.Weight}
	}
	return seats
}
