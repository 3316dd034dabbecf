package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/election"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Contract returns a contract as deployed, or ErrContractNotFound.
func (k Keeper) Contract(ctx context.Context, id uint64) (types.Contract, error) {
	contract, err := k.contracts.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return contract, types.ErrContractNotFound.Wrapf("contract %d", id)
	}
	return contract, err
}

// State returns the changing part of a contract, or ErrContractNotFound.
func (k Keeper) State(ctx context.Context, id uint64) (types.ContractState, error) {
	state, err := k.states.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return state, types.ErrContractNotFound.Wrapf("contract %d", id)
	}
	return state, err
}

func (k Keeper) setState(ctx context.Context, state types.ContractState) error {
	return k.states.Set(ctx, state.Contract, state)
}

// load returns a contract and its state.
func (k Keeper) load(ctx context.Context, id uint64) (types.Contract, types.ContractState, error) {
	contract, err := k.Contract(ctx, id)
	if err != nil {
		return types.Contract{}, types.ContractState{}, err
	}
	state, err := k.State(ctx, id)
	return contract, state, err
}

// contractIDs returns the ids of all contracts in order; their number is governance's choice.
func (k Keeper) contractIDs(ctx context.Context) ([]uint64, error) {
	iterator, err := k.states.Iterate(ctx, nil)
	if err != nil {
		return nil, err
	}
	return iterator.Keys()
}

// deploy adds a contract: it validates it, assigns its id, sets the rToken's bank metadata and starts observation after its checkpoint.
func (k Keeper) deploy(ctx context.Context, contract types.Contract) (uint64, error) {
	if contract.Id != 0 {
		return 0, types.ErrInvalidContract.Wrapf("id is %d, wanted 0: it is assigned", contract.Id)
	}
	if err := k.validate(ctx, contract); err != nil {
		return 0, err
	}
	if err := k.freeDenom(ctx, contract.RtokenDenom); err != nil {
		return 0, err
	}
	if err := k.checkSeats(ctx, 0, contract.Tiers[0].Size_); err != nil {
		return 0, types.ErrInvalidContract.Wrap(err.Error())
	}
	id, err := k.nextContract.Next(ctx)
	if err != nil {
		return 0, err
	}
	contract.Id = id
	if err := k.contracts.Set(ctx, id, contract); err != nil {
		return 0, err
	}
	if err := k.rtokens.Set(ctx, contract.RtokenDenom, id); err != nil {
		return 0, err
	}
	k.bank.SetDenomMetaData(ctx, contract.Metadata())
	k.emit(ctx, &types.EventContract{Contract: id, Action: "deployed"})
	return id, k.setState(ctx, types.NewContractState(contract))
}

// validate checks a contract by itself and against the committee parameters of x/ssv.
func (k Keeper) validate(ctx context.Context, contract types.Contract) error {
	if err := contract.Validate(); err != nil {
		return err
	}
	params, err := k.ssv.GetParams(ctx)
	if err != nil {
		return err
	}
	return contract.ValidateCommittee(params.MinThresholdRatio, params.MaxCaptureChance, election.CaptureChance)
}

// freeDenom refuses an rToken denom that another contract uses or that exists already.
func (k Keeper) freeDenom(ctx context.Context, denom string) error {
	ids, err := k.contractIDs(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		contract, err := k.Contract(ctx, id)
		if err != nil {
			return err
		}
		if contract.RtokenDenom == denom {
			return types.ErrDenomInUse.Wrapf("%s is the rToken of contract %d", denom, id)
		}
	}
	if supply := k.bank.GetSupply(ctx, denom); supply.IsPositive() {
		return types.ErrDenomInUse.Wrapf("%s has a supply of %s, wanted none", denom, supply.Amount)
	}
	if k.bank.HasDenomMetaData(ctx, denom) {
		return types.ErrDenomInUse.Wrapf("%s has bank metadata, wanted none", denom)
	}
	return nil
}

// update replaces the changeable parts of a contract. New gas figures supersede the boost learned under the old
// ones, and a handover that waits after a failure is tried at once.
func (k Keeper) update(ctx context.Context, contract types.Contract) error {
	deployed, state, err := k.load(ctx, contract.Id)
	if err != nil {
		return err
	}
	if err := k.validate(ctx, contract); err != nil {
		return err
	}
	if err := contract.ValidateUpdate(deployed); err != nil {
		return err
	}
	if err := k.contracts.Set(ctx, contract.Id, contract); err != nil {
		return err
	}
	state.GasBoost, state.NextMove = 0, 0
	k.emit(ctx, &types.EventContract{Contract: contract.Id, Action: "updated"})
	if err := k.wake(ctx, contract.Id); err != nil {
		return err
	}
	return k.setState(ctx, state)
}

// wake makes EndBlock look at a contract. The mark that one is awake costs the message that does it nothing.
func (k Keeper) wake(ctx context.Context, contract uint64) error {
	free := sdk.UnwrapSDKContext(ctx).WithGasMeter(storetypes.NewInfiniteGasMeter())
	return errors.Join(k.attention.Set(ctx, contract), k.awake.Set(free, true))
}

// members returns the operators of a vault in key order.
func (k Keeper) members(ctx context.Context, vault uint64) ([]string, error) {
	signers, err := k.multisig.VaultSigners(ctx, vault)
	if err != nil {
		return nil, err
	}
	operators := make([]string, len(signers))
	for i, signer := range signers {
		operators[i] = signer.Operator
	}
	return operators, nil
}

// accountAddress reads a bech32 account address of this chain.
func (k Keeper) accountAddress(text string) (sdk.AccAddress, error) {
	return k.account.AddressCodec().StringToBytes(text)
}
