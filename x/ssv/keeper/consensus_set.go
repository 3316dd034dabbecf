package keeper

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// effectiveKey picks the consensus key that CometBFT knows, or is to know, an operator by.
type effectiveKey func(stakingkeeper.PendingRotations, sdk.ValAddress, stakingtypes.Validator) (cryptotypes.PubKey, error)

// keyForUpdate is the newest key: an update returned now takes effect when x/staking has followed the rotation.
func keyForUpdate(pending stakingkeeper.PendingRotations, operator sdk.ValAddress, validator stakingtypes.Validator) (cryptotypes.PubKey, error) {
	return pending.EffectiveKeyForABCIUpdate(operator, validator)
}

// keyForGenesis is the key at a chain's initial height.
func keyForGenesis(initialHeight int64) effectiveKey {
	return func(pending stakingkeeper.PendingRotations, operator sdk.ValAddress, validator stakingtypes.Validator) (cryptotypes.PubKey, error) {
		return pending.EffectiveKeyForGenesis(operator, validator, initialHeight)
	}
}

// producer is one validator of the set that CometBFT is to have.
type producer struct {
	operator sdk.ValAddress
	key      cryptotypes.PubKey
	power    int64
}

func (p producer) consAddr() sdk.ConsAddress { return sdk.ConsAddress(p.key.Address()) }

// updateConsensusSet returns the changes to CometBFT's set since the last ones sent: it projects {bonded validators with their
// last power} − {excluded operators} by the effective keys and returns the difference, in order of consensus address
// (protocol §6). They take effect two blocks later.
func (k Keeper) updateConsensusSet(ctx context.Context) ([]abci.ValidatorUpdate, error) {
	pending, err := k.staking.PendingConsKeyRotations(ctx)
	if err != nil {
		return nil, err
	}
	next, kept, err := k.project(ctx, pending, keyForUpdate)
	if err != nil {
		return nil, err
	}
	if len(kept) > 0 {
		k.emit(ctx, &types.EventConsensusSetGuarded{Kept: uint32(len(kept))})
	}
	if err := k.warnKept(ctx, kept); err != nil {
		return nil, err
	}
	if err := k.ConsensusDue.Remove(ctx); err != nil {
		return nil, err
	}
	if len(next) == 0 {
		return nil, nil // CometBFT can't run without a validator: the last set stays until there is one
	}
	return k.replaceConsensusSet(ctx, next)
}

// projectionDue says whether something can have changed: x/staking returned updates of its own, a consensus key rotates, or the excluded
// operators or the guard changed.
func (k Keeper) projectionDue(ctx context.Context) (bool, error) {
	pending, err := k.staking.PendingConsKeyRotations(ctx)
	if err != nil || len(pending) > 0 {
		return true, err
	}
	if due, err := k.ConsensusDue.Has(ctx); err != nil || due {
		return due, err
	}
	updates, err := k.staking.GetValidatorUpdates(ctx)
	return len(updates) > 0, err
}

// warnKept gives the excluded operators that begin to produce now a fresh liveness window: they did not expect to.
func (k Keeper) warnKept(ctx context.Context, kept []power) error {
	if len(kept) == 0 {
		return nil
	}
	sent, err := k.sentProducers(ctx)
	if err != nil {
		return err
	}
	producing := make(map[string]bool, len(sent))
	for _, p := range sent {
		producing[p.Operator] = true
	}
	for _, holder := range kept {
		text, err := k.operator(holder.operator)
		if err != nil {
			return err
		}
		if producing[text] {
			continue
		}
		if err := k.renewLiveness(ctx, holder.operator); err != nil {
			return err
		}
	}
	return nil
}

// project returns who is to produce, in order of consensus address, and the excluded operators that had to be kept among them
// for the guard.
func (k Keeper) project(ctx context.Context, pending stakingkeeper.PendingRotations, key effectiveKey) ([]producer, []power, error) {
	powers, err := k.lastPowers(ctx)
	if err != nil {
		return nil, nil, err
	}
	producing, excluded, err := k.split(ctx, powers)
	if err != nil {
		return nil, nil, err
	}
	params, err := k.GetParams(ctx)
	if err != nil {
		return nil, nil, err
	}
	kept := keptByGuard(producing, excluded, params)
	next := make([]producer, 0, len(producing)+len(kept))
	for _, holder := range slices.Concat(producing, kept) {
		p, err := k.producer(ctx, pending, key, holder)
		if err != nil {
			return nil, nil, err
		}
		next = append(next, p)
	}
	slices.SortFunc(next, func(a, b producer) int { return bytes.Compare(a.consAddr(), b.consAddr()) })
	return next, kept, nil
}

func (k Keeper) split(ctx context.Context, powers []power) (producing, excluded []power, err error) {
	for _, holder := range powers {
		out, err := k.Excluded.Has(ctx, holder.operator)
		if err != nil {
			return nil, nil, err
		}
		if out {
			excluded = append(excluded, holder)
		} else {
			producing = append(producing, holder)
		}
	}
	return producing, excluded, nil
}

// keptByGuard returns the fewest of the excluded, heaviest first, ties in order of operator, that have to produce for §6's guard to hold
// by powers as they are now; all of them where it can't hold. An election keeps the guard by powers as they were frozen, and stake that
// moves later may break it: then making blocks comes first. It looks at nothing but the present powers, so that a chain that is
// exported and started anew comes to the same set.
func keptByGuard(producing, excluded []power, params types.Params) []power {
	tally := guardTally{}
	for _, holder := range producing {
		tally.add(holder, false)
	}
	for _, holder := range excluded {
		tally.add(holder, true)
	}
	sorted := slices.Clone(excluded)
	slices.SortStableFunc(sorted, func(a, b power) int { return cmp.Compare(b.power, a.power) })
	for i, holder := range sorted {
		if tally.holds(params.MaxExcludedPower, params.MinProducers) {
			return sorted[:i]
		}
		tally.keep(holder)
	}
	return sorted
}

func (k Keeper) producer(
	ctx context.Context, pending stakingkeeper.PendingRotations, key effectiveKey, holder power,
) (producer, error) {
	validator, err := k.staking.GetValidator(ctx, holder.operator)
	if err != nil {
		return producer{}, err
	}
	pubKey, err := key(pending, holder.operator, validator)
	return producer{operator: holder.operator, key: pubKey, power: holder.power}, err
}

// replaceConsensusSet makes next the set last sent and returns the difference in order of consensus address.
func (k Keeper) replaceConsensusSet(ctx context.Context, next []producer) ([]abci.ValidatorUpdate, error) {
	sent, err := k.sentProducers(ctx)
	if err != nil {
		return nil, err
	}
	changes, err := k.changes(sent, next)
	if err != nil {
		return nil, err
	}
	updates := make([]abci.ValidatorUpdate, len(changes))
	for i, change := range changes {
		if updates[i], err = k.applyChange(ctx, change); err != nil {
			return nil, err
		}
	}
	return updates, nil
}

func (k Keeper) sentProducers(ctx context.Context) ([]types.Producer, error) {
	iterator, err := k.ConsensusSet.Iterate(ctx, nil)
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}

// changes merges two lists in order of consensus address; who left comes with power 0.
func (k Keeper) changes(sent []types.Producer, next []producer) ([]types.Producer, error) {
	var changes []types.Producer
	for len(sent) > 0 || len(next) > 0 {
		order := compareHeads(sent, next)
		if order < 0 {
			left := sent[0]
			left.Power = 0
			changes, sent = append(changes, left), sent[1:]
			continue
		}
		record, err := k.producerRecord(next[0])
		if err != nil {
			return nil, err
		}
		if order > 0 || sent[0].Power != record.Power || sent[0].Operator != record.Operator {
			changes = append(changes, record)
		}
		if order == 0 {
			sent = sent[1:]
		}
		next = next[1:]
	}
	return changes, nil
}

// compareHeads says which list's first element comes first; an empty list's comes last.
func compareHeads(sent []types.Producer, next []producer) int {
	switch {
	case len(sent) == 0:
		return 1
	case len(next) == 0:
		return -1
	}
	return bytes.Compare(sent[0].ConsAddress, next[0].consAddr())
}

func (k Keeper) producerRecord(p producer) (types.Producer, error) {
	operator, err := k.operator(p.operator)
	if err != nil {
		return types.Producer{}, err
	}
	key, err := codectypes.NewAnyWithValue(p.key)
	return types.Producer{ConsAddress: p.consAddr(), Operator: operator, PublicKey: key, Power: p.power}, err
}

func (k Keeper) applyChange(ctx context.Context, change types.Producer) (abci.ValidatorUpdate, error) {
	key, err := change.ConsensusKey()
	if err != nil {
		return abci.ValidatorUpdate{}, err
	}
	update, err := cryptocodec.ToCmtProtoPublicKey(key)
	if err != nil {
		return abci.ValidatorUpdate{}, err
	}
	if change.Power == 0 {
		err = k.ConsensusSet.Remove(ctx, change.ConsAddress)
	} else {
		err = k.ConsensusSet.Set(ctx, change.ConsAddress, change)
	}
	return abci.ValidatorUpdate{PubKey: update, Power: change.Power}, err
}

// Producers returns the consensus set as last sent to CometBFT, in order of consensus address.
func (k Keeper) Producers(ctx context.Context) ([]types.Producer, error) { return k.sentProducers(ctx) }

// GenesisValidators returns the set that a chain exported now starts with, in order of consensus address: the projected one,
// not x/staking's (protocol §6).
func (k Keeper) GenesisValidators(ctx context.Context) ([]cmttypes.GenesisValidator, error) {
	pending, err := k.staking.PendingConsKeyRotations(ctx)
	if err != nil {
		return nil, err
	}
	next, _, err := k.project(ctx, pending, keyForGenesis(sdk.UnwrapSDKContext(ctx).BlockHeight()+1))
	if err != nil {
		return nil, err
	}
	validators := make([]cmttypes.GenesisValidator, len(next))
	for i, p := range next {
		key, err := cryptocodec.ToCmtPubKeyInterface(p.key)
		if err != nil {
			return nil, err
		}
		validator, err := k.staking.GetValidator(ctx, p.operator)
		if err != nil {
			return nil, err
		}
		validators[i] = cmttypes.GenesisValidator{
			Address: key.Address(), PubKey: key, Power: p.power, Name: validator.GetMoniker(),
		}
	}
	return validators, nil
}
