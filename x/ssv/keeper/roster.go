package keeper

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// roster is who has a seat and who stands by for all contracts, read once for all standbys that are called for one of them: with a hundred
// contracts that is most of a call's work.
type roster struct {
	// present and elected committees, of which the latter are not seated yet.
	present, elected []types.Committee
	// waiting are the members of elected committees.
	waiting map[string]bool
	// others are the excluded members of all other contracts, in order, once those that are elected are seated.
	others []sdk.ValAddress
	powers []power
}

func (k Keeper) newRoster(ctx context.Context, contract uint64) (*roster, error) {
	r := &roster{waiting: map[string]bool{}}
	var err error
	if r.present, err = k.PresentCommittees(ctx); err != nil {
		return nil, err
	}
	if r.elected, err = k.electedCommittees(ctx); err != nil {
		return nil, err
	}
	for _, committee := range r.elected {
		for _, member := range committee.Members {
			r.waiting[member.Operator] = true
		}
	}
	if r.others, err = k.membersOf(ctx, r.committeesBut(contract)); err != nil {
		return nil, err
	}
	r.powers, err = k.lastPowers(ctx)
	return r, err
}

// committeesBut returns the committees of all contracts but one: the elected one of a contract that has one to be seated, else the
// present one.
func (r *roster) committeesBut(contract uint64) []types.Committee {
	known := map[uint64]bool{contract: true}
	var committees []types.Committee
	for _, other := range slices.Concat(r.elected, r.present) {
		if !known[other.Contract] {
			known[other.Contract] = true
			committees = append(committees, other)
		}
	}
	return committees
}

// callStandby puts the first standby that can be called on a seat; the caller saves the committee. The standby leaves all lists.
func (k Keeper) callStandby(ctx context.Context, committee types.Committee, seat int, reason string) (types.Committee, error) {
	r, err := k.newRoster(ctx, committee.Contract)
	if err != nil {
		return committee, err
	}
	return k.callFrom(ctx, r, committee, seat, reason)
}

// callFrom does so by a roster of the contract, which it keeps up to date.
func (k Keeper) callFrom(ctx context.Context, r *roster, committee types.Committee, seat int, reason string) (types.Committee, error) {
	out := committee.Members[seat]
	standby, err := k.firstCallable(ctx, r, committee, seat)
	if err != nil {
		return committee, err
	}
	committee = committee.WithMember(seat, standby).WithoutStandby(standby.Operator)
	k.emit(ctx, &types.EventMemberReplaced{
		Contract: committee.Contract, Era: committee.Era, Out: out.Operator, In: standby.Operator, Reason: reason,
	})
	return committee, k.strikeStandby(ctx, r, standby.Operator)
}

func (k Keeper) firstCallable(ctx context.Context, r *roster, committee types.Committee, seat int) (types.Member, error) {
	var obstacles []string
	for _, standby := range committee.Standbys {
		obstacle, err := k.uncallable(ctx, r, committee.WithMember(seat, standby), standby)
		if err != nil {
			return types.Member{}, err
		}
		if obstacle == "" {
			return standby, nil
		}
		obstacles = append(obstacles, standby.Operator+" "+obstacle)
	}
	return types.Member{}, types.ErrNoStandby.Wrapf(
		"contract %d: none of %d standbys can be called [%s]", committee.Contract, len(committee.Standbys), strings.Join(obstacles, ", "),
	)
}

// uncallable says why a standby can't be called: it is in bad standing, serves a contract already, or may not be excluded in the committee
// as it would be with it. It is empty where it can.
func (k Keeper) uncallable(ctx context.Context, r *roster, committee types.Committee, standby types.Member) (string, error) {
	operator, err := k.rawOperator(standby.Operator)
	if err != nil {
		return "", err
	}
	bad, err := k.badStanding(ctx, operator, committee.Era)
	if err != nil || bad != "" {
		return bad, err
	}
	busy, err := k.Excluded.Has(ctx, operator)
	if err != nil {
		return "", err
	}
	if busy || r.waiting[standby.Operator] {
		return "serves already", nil
	}
	admitted, err := k.guardAdmits(ctx, r, committee)
	if err != nil || admitted {
		return "", err
	}
	return "must go on producing blocks", nil
}

// guardAdmits says whether §6's guard holds with a committee as it would be seated, by powers as they are now. While an era
// changes it looks at who will be excluded when all elected committees are seated, not at those whom they replace.
func (k Keeper) guardAdmits(ctx context.Context, r *roster, committee types.Committee) (bool, error) {
	params, err := k.GetParams(ctx)
	if err != nil {
		return false, err
	}
	members, err := k.membersOf(ctx, []types.Committee{committee})
	if err != nil {
		return false, err
	}
	tally := guardTally{}
	for _, holder := range r.powers {
		tally.add(holder, contains(members, holder.operator) || contains(r.others, holder.operator))
	}
	return tally.holds(params.MaxExcludedPower, params.MinProducers), nil
}

// contains looks an operator up in a list in order.
func contains(operators []sdk.ValAddress, operator sdk.ValAddress) bool {
	_, found := slices.BinarySearchFunc(operators, operator, func(a, b sdk.ValAddress) int { return bytes.Compare(a, b) })
	return found
}

// strikeStandby takes an operator out of the standbys of all present and elected committees.
func (k Keeper) strikeStandby(ctx context.Context, r *roster, operator string) error {
	for i, committee := range r.present {
		if committee.StandbyIndex(operator) < 0 {
			continue
		}
		r.present[i] = committee.WithoutStandby(operator)
		if err := k.Committees.Set(ctx, collections.Join(committee.Era, committee.Contract), r.present[i]); err != nil {
			return err
		}
	}
	for i, committee := range r.elected {
		if committee.StandbyIndex(operator) < 0 {
			continue
		}
		r.elected[i] = committee.WithoutStandby(operator)
		if err := k.Elected.Set(ctx, committee.Contract, r.elected[i]); err != nil {
			return err
		}
	}
	return nil
}
