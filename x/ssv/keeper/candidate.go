package keeper

import (
	"bytes"
	"context"
	"errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// proofGas is charged for each proof of possession by a chain key: what ante charges for a secp256k1 signature. That of a beacon key
// takes 63 µs where a signature takes 222 µs (BenchmarkGasOfABeaconKey).
const (
	proofGas  = 1000
	beaconGas = 400
)

// registration is what RegisterCandidate and UpdateCandidate name.
type registration struct {
	operator  string
	submitter string
	chains    []types.ChainKeyProof
	beacon    *types.BeaconKeyProof
}

// register enters an SV in the register, or again after it resigned (protocol §4). An SV is bonded (protocol §1), which bounds the
// candidates that a freeze evaluates by what being bonded costs.
func (k Keeper) register(ctx context.Context, r registration) error {
	operator, err := k.rawOperator(r.operator)
	if err != nil {
		return types.ErrNotValidator.Wrapf("%q: %s", r.operator, err)
	}
	validator, err := k.staking.GetValidator(ctx, operator)
	if err != nil {
		return types.ErrNotValidator.Wrapf("%s: %s", r.operator, err)
	}
	if !validator.IsBonded() {
		return types.ErrNotValidator.Wrapf("%s is %s, want it bonded", r.operator, validator.GetStatus())
	}
	candidate, found, err := maybe(ctx, k.Candidates, operator)
	if err != nil {
		return err
	}
	if found && !candidate.Resigned {
		return types.ErrCandidateExists.Wrapf("%s since height %d", r.operator, candidate.RegisteredHeight)
	}
	candidate = types.Candidate{
		Operator: r.operator, RegisteredHeight: sdk.UnwrapSDKContext(ctx).BlockHeight(),
		BeaconKey: candidate.BeaconKey, BeaconEra: candidate.BeaconEra, FormerBeaconKey: candidate.FormerBeaconKey,
	}
	if candidate, err = k.withBeaconKey(ctx, operator, candidate, r); err != nil {
		return err
	}
	if err := k.setRegistration(ctx, operator, candidate, r, "registered"); err != nil || found {
		return err
	}
	return k.refreshExcluded(ctx) // one that resigned and kept a seat serves again
}

// update replaces a candidate's submitter and chain keys, and its beacon key if one is given; keys pinned in a committee or in a round stay
// as they were.
func (k Keeper) update(ctx context.Context, r registration) error {
	operator, candidate, err := k.candidate(ctx, r.operator)
	if err != nil {
		return err
	}
	if candidate.Resigned {
		return types.ErrResigned.Wrapf("%s, want it registered again", r.operator)
	}
	if r.beacon != nil {
		if candidate, err = k.withBeaconKey(ctx, operator, candidate, r); err != nil {
			return err
		}
	}
	return k.setRegistration(ctx, operator, candidate, r, "updated")
}

// withBeaconKey returns the candidate with the beacon key that is given, after checking it and its proof of possession and tying it to the
// operator. A new key deals from the next era on (protocol §3, step 2).
func (k Keeper) withBeaconKey(
	ctx context.Context, operator sdk.ValAddress, candidate types.Candidate, r registration,
) (types.Candidate, error) {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	sdkCtx.GasMeter().ConsumeGas(beaconGas, "proof of possession of a beacon key")
	if err := r.beacon.Validate(sdkCtx.ChainID(), r.operator); err != nil {
		return candidate, err
	}
	era, err := k.CurrentEra(ctx)
	if err != nil {
		return candidate, err
	}
	return candidate.WithBeaconKey(r.beacon.Key, era.Number), k.tieKey(ctx, operator, r.beacon.Key, "as beacon key")
}

func (k Keeper) candidate(ctx context.Context, text string) (sdk.ValAddress, types.Candidate, error) {
	operator, err := k.rawOperator(text)
	if err != nil {
		return nil, types.Candidate{}, types.ErrCandidateNotFound.Wrapf("%q: %s", text, err)
	}
	candidate, found, err := maybe(ctx, k.Candidates, operator)
	if err == nil && !found {
		err = types.ErrCandidateNotFound.Wrap(text)
	}
	return operator, candidate, err
}

func (k Keeper) setRegistration(
	ctx context.Context, operator sdk.ValAddress, candidate types.Candidate, r registration, action string,
) error {
	keys, err := k.provenKeys(ctx, r)
	if err != nil {
		return err
	}
	if err := k.tieSubmitter(ctx, operator, r.submitter); err != nil {
		return err
	}
	if err := k.tieKeys(ctx, operator, keys); err != nil {
		return err
	}
	candidate.Submitter, candidate.Chains = r.submitter, keys
	if err := k.setCandidate(ctx, operator, candidate); err != nil {
		return err
	}
	k.emit(ctx, &types.EventCandidate{Operator: r.operator, Action: action})
	return nil
}

// provenKeys returns the keys in order of chain id after checking each and its proof of possession.
func (k Keeper) provenKeys(ctx context.Context, r registration) ([]types.ChainKey, error) {
	keys, err := types.SortedChainKeys(r.chains)
	if err != nil {
		return nil, err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	for _, chain := range r.chains {
		sdkCtx.GasMeter().ConsumeGas(proofGas, "proof of possession")
		if err := types.VerifyProof(sdkCtx.ChainID(), r.operator, chain.Key, chain.Proof); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// tieSubmitter makes an account the operator's submitter and frees the one before. An account submits for one operator only.
func (k Keeper) tieSubmitter(ctx context.Context, operator sdk.ValAddress, text string) error {
	submitter, err := k.addresses.StringToBytes(text)
	if err != nil {
		return types.ErrSubmitterNotFound.Wrapf("submitter %q: %s", text, err)
	}
	holder, found, err := maybe(ctx, k.Submitters, sdk.AccAddress(submitter))
	if err != nil {
		return err
	}
	if found && !bytes.Equal(holder, operator) {
		return types.ErrSubmitterInUse.Wrapf("%s submits for %s", text, sdk.ValAddress(holder))
	}
	before, found, err := maybe(ctx, k.SubmitterOf, operator)
	if err != nil {
		return err
	}
	if found && !bytes.Equal(before, submitter) {
		if err := k.Submitters.Remove(ctx, before); err != nil {
			return err
		}
	}
	if err := k.SubmitterOf.Set(ctx, operator, submitter); err != nil {
		return err
	}
	return k.Submitters.Set(ctx, submitter, operator)
}

// tieKeys ties keys to the operator for ever: a key that another operator ever registered is refused.
func (k Keeper) tieKeys(ctx context.Context, operator sdk.ValAddress, keys []types.ChainKey) error {
	for _, key := range keys {
		if err := k.tieKey(ctx, operator, key.Signer, "for chain "+key.ChainId); err != nil {
			return err
		}
	}
	return nil
}

// tieKey ties one key; use says in words what it is for. Chain keys have 33 bytes and beacon keys 32, so that they can't be confused.
func (k Keeper) tieKey(ctx context.Context, operator sdk.ValAddress, key []byte, use string) error {
	holder, found, err := maybe(ctx, k.Keys, key)
	if err != nil {
		return err
	}
	if found && !bytes.Equal(holder, operator) {
		return types.ErrKeyInUse.Wrapf("key %X %s is tied to %s, want a new one", key, use, sdk.ValAddress(holder))
	}
	return k.Keys.Set(ctx, key, operator)
}

// resign takes a candidate out of the register, at once or, while it serves, when its duty ends; it says whether it serves.
func (k Keeper) resign(ctx context.Context, text string) (serving bool, err error) {
	operator, candidate, err := k.candidate(ctx, text)
	if err != nil {
		return false, err
	}
	if candidate.Resigned {
		return false, types.ErrResigned.Wrap(text)
	}
	k.emit(ctx, &types.EventCandidate{Operator: text, Action: "resigned"})
	if serving, err = k.Excluded.Has(ctx, operator); err != nil {
		return false, err
	}
	if !serving {
		return false, k.removeCandidate(ctx, operator, candidate)
	}
	candidate.Resigned = true
	return true, k.setCandidate(ctx, operator, candidate)
}

// setCandidate writes a candidate and has its standing measured anew.
func (k Keeper) setCandidate(ctx context.Context, operator sdk.ValAddress, candidate types.Candidate) error {
	if err := k.Candidates.Set(ctx, operator, candidate); err != nil {
		return err
	}
	return k.MarkStanding(ctx, operator)
}

// removeCandidate takes a candidate out of the register. Its keys stay tied to it, and its submitter may still submit: it may
// owe a handover and sweeps.
func (k Keeper) removeCandidate(ctx context.Context, operator sdk.ValAddress, candidate types.Candidate) error {
	k.emit(ctx, &types.EventCandidate{Operator: candidate.Operator, Action: "removed"})
	if err := k.Candidates.Remove(ctx, operator); err != nil {
		return err
	}
	return k.MarkStanding(ctx, operator)
}

// removeIfResigned removes a candidate that resigned while it served and serves no more.
func (k Keeper) removeIfResigned(ctx context.Context, operator sdk.ValAddress) error {
	candidate, found, err := maybe(ctx, k.Candidates, operator)
	if err != nil || !found || !candidate.Resigned {
		return err
	}
	return k.removeCandidate(ctx, operator, candidate)
}

// OperatorOf returns the operator for which an account submits duty transactions. One that resigned keeps its submitter
// until it registers again with another.
func (k Keeper) OperatorOf(ctx context.Context, submitter sdk.AccAddress) (operator string, found bool, err error) {
	raw, found, err := maybe(ctx, k.Submitters, submitter)
	if err != nil || !found {
		return "", false, err
	}
	operator, err = k.operator(raw)
	return operator, err == nil, err
}

// IsBonded says whether an operator has a validator that is bonded.
func (k Keeper) IsBonded(ctx context.Context, operator sdk.ValAddress) (bool, error) {
	validator, found, err := k.validator(ctx, operator)
	return found && validator.IsBonded(), err
}

// validator returns a validator and whether there is one.
func (k Keeper) validator(ctx context.Context, operator sdk.ValAddress) (stakingtypes.Validator, bool, error) {
	validator, err := k.staking.GetValidator(ctx, operator)
	if errors.Is(err, stakingtypes.ErrNoValidatorFound) {
		return validator, false, nil
	}
	return validator, err == nil, err
}
