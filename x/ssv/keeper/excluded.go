package keeper

import (
	"bytes"
	"context"
	"slices"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// excludedOperators returns the operators outside CometBFT's set, in order.
func (k Keeper) excludedOperators(ctx context.Context) ([]sdk.ValAddress, error) {
	iterator, err := k.Excluded.Iterate(ctx, nil)
	if err != nil {
		return nil, err
	}
	return iterator.Keys()
}

// refreshExcluded makes the excluded operators the registered members of all present committees (protocol §6). Who leaves gets a
// fresh liveness window, and leaves the register if it resigned.
func (k Keeper) refreshExcluded(ctx context.Context) error {
	members, err := k.presentMembers(ctx)
	if err != nil {
		return err
	}
	before, err := k.excludedOperators(ctx)
	if err != nil {
		return err
	}
	if slices.EqualFunc(members, before, func(a, b sdk.ValAddress) bool { return bytes.Equal(a, b) }) {
		return nil
	}
	for _, operator := range without(before, members) {
		if err := k.release(ctx, operator); err != nil {
			return err
		}
	}
	for _, operator := range without(members, before) {
		if err := k.Excluded.Set(ctx, operator); err != nil {
			return err
		}
	}
	return k.ConsensusDue.Set(ctx, true)
}

// exchangeExcluded does what refreshExcluded would where nothing changed but one contract's committee: that reads who is registered of all
// contracts' members, and this of those who come and go.
func (k Keeper) exchangeExcluded(ctx context.Context, before, now types.Committee) error {
	changed := false
	exclude := func(operator string, serves bool) error {
		exchanged, err := k.setExcluded(ctx, operator, serves)
		changed = changed || exchanged
		return err
	}
	for _, member := range now.Members {
		if err := exclude(member.Operator, true); err != nil {
			return err
		}
	}
	elsewhere, err := k.presentMembersBut(ctx, now.Contract)
	if err != nil {
		return err
	}
	for _, member := range before.Members {
		if now.MemberIndex(member.Operator) >= 0 {
			continue
		}
		if err := exclude(member.Operator, elsewhere[member.Operator]); err != nil {
			return err
		}
	}
	if !changed {
		return nil
	}
	return k.ConsensusDue.Set(ctx, true)
}

// setExcluded puts an operator among the excluded if it serves and is registered, or takes it out, and says whether that changed.
func (k Keeper) setExcluded(ctx context.Context, operator string, serves bool) (bool, error) {
	raw, err := k.rawOperator(operator)
	if err != nil {
		return false, err
	}
	registered, err := k.Candidates.Has(ctx, raw)
	if err != nil {
		return false, err
	}
	excluded, err := k.Excluded.Has(ctx, raw)
	switch out := serves && registered; {
	case err != nil || out == excluded:
		return false, err
	case out:
		return true, k.Excluded.Set(ctx, raw)
	}
	return true, k.release(ctx, raw)
}

// presentMembersBut returns the members of the present committees of all contracts but one.
func (k Keeper) presentMembersBut(ctx context.Context, contract uint64) (map[string]bool, error) {
	committees, err := k.PresentCommittees(ctx)
	members := map[string]bool{}
	for _, committee := range committees {
		if committee.Contract == contract {
			continue
		}
		for _, member := range committee.Members {
			members[member.Operator] = true
		}
	}
	return members, err
}

// presentMembers returns the registered members of all present committees in order, each once.
func (k Keeper) presentMembers(ctx context.Context) ([]sdk.ValAddress, error) {
	committees, err := k.PresentCommittees(ctx)
	if err != nil {
		return nil, err
	}
	return k.membersOf(ctx, committees)
}

// membersOf returns the members of committees that are in the register, in order, each once. A member that is not has resigned
// and served to its era's end, or its validator is gone: nothing keeps it from producing.
func (k Keeper) membersOf(ctx context.Context, committees []types.Committee) ([]sdk.ValAddress, error) {
	var members []sdk.ValAddress
	for _, committee := range committees {
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
				members = append(members, operator)
			}
		}
	}
	slices.SortFunc(members, func(a, b sdk.ValAddress) int { return bytes.Compare(a, b) })
	return slices.CompactFunc(members, func(a, b sdk.ValAddress) bool { return bytes.Equal(a, b) }), nil
}

// without returns what is in a and not in b, both in order.
func without(a, b []sdk.ValAddress) []sdk.ValAddress {
	var rest []sdk.ValAddress
	for _, operator := range a {
		_, found := slices.BinarySearchFunc(b, operator, func(x, y sdk.ValAddress) int { return bytes.Compare(x, y) })
		if !found {
			rest = append(rest, operator)
		}
	}
	return rest
}

func (k Keeper) release(ctx context.Context, operator sdk.ValAddress) error {
	if err := k.Excluded.Remove(ctx, operator); err != nil {
		return err
	}
	if err := k.renewLiveness(ctx, operator); err != nil {
		return err
	}
	return k.removeIfResigned(ctx, operator)
}

// updateDelay is after how many blocks an update has effect in CometBFT's set.
const updateDelay = sdk.ValidatorUpdateDelay + 1

// renewLiveness gives a producer that returns one window, from the first block that it can sign, in which it is not jailed for missed
// blocks. A window from now, as bonding gives, would still count a block that it missed before it left.
func (k Keeper) renewLiveness(ctx context.Context, operator sdk.ValAddress) error {
	validator, found, err := k.validator(ctx, operator)
	if err != nil || !found {
		return err
	}
	consAddr, err := validator.GetConsAddr()
	if err != nil {
		return err
	}
	info, err := k.slashing.GetValidatorSigningInfo(ctx, consAddr)
	if err != nil {
		return nil // never bonded: x/slashing starts its window when it is
	}
	info.StartHeight = sdk.UnwrapSDKContext(ctx).BlockHeight() + updateDelay
	return k.slashing.SetValidatorSigningInfo(ctx, consAddr, info)
}

// guardTally adds up who produces and who is excluded.
type guardTally struct {
	bonded, excluded, largest int64
	producers                 uint32
}

func (t *guardTally) add(holder power, excluded bool) {
	t.bonded += holder.power
	if excluded {
		t.excluded += holder.power
		return
	}
	t.producers++
	t.largest = max(t.largest, holder.power)
}

// keep has an excluded holder produce.
func (t *guardTally) keep(holder power) {
	t.excluded -= holder.power
	t.producers++
	t.largest = max(t.largest, holder.power)
}

func (t guardTally) holds(maxExcluded math.LegacyDec, minProducers uint32) bool {
	rest := math.NewInt(t.bonded - t.excluded)
	return math.LegacyNewDec(t.excluded).LTE(maxExcluded.MulInt64(t.bonded)) && t.producers >= minProducers &&
		math.NewInt(t.largest).MulRaw(maxProducerShareDen).LT(rest.MulRaw(maxProducerShareNum))
}
