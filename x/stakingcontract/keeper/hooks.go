package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Hooks is what x/ssv tells and asks of the contracts.
type Hooks struct{ k Keeper }

var _ ssvtypes.ContractHooks = Hooks{}

// Hooks returns the receiver of x/ssv's calls.
func (k Keeper) Hooks() Hooks { return Hooks{k} }

// Demands returns what each contract wants of an election, in order of id. A contract with an unfinished handover, or wound down to nothing, is
// left out. One that never had a vault and whose committee did not get it going for max_handover_eras is elected again.
func (h Hooks) Demands(ctx context.Context) ([]ssvtypes.Demand, error) {
	ids, err := h.k.contractIDs(ctx)
	if err != nil {
		return nil, err
	}
	var demands []ssvtypes.Demand
	for _, id := range ids {
		contract, state, err := h.k.load(ctx, id)
		if err != nil {
			return nil, err
		}
		wants, err := h.k.wantsElection(ctx, contract, state)
		if err != nil {
			return nil, err
		}
		if !wants {
			continue
		}
		demand, err := h.k.demand(ctx, contract, state)
		if err != nil {
			return nil, err
		}
		demands = append(demands, demand)
	}
	return demands, nil
}

func (k Keeper) wantsElection(ctx context.Context, contract types.Contract, state types.ContractState) (bool, error) {
	if state.Handover != types.HANDOVER_STAGE_NONE {
		stuck, err := k.stuck(ctx, state)
		return stuck && state.ActiveVault == 0, err
	}
	return !state.Halts.WindDown || !state.Ended && k.owed(ctx, contract, state).IsPositive(), nil
}

// Finished says whether a contract is wound down and owes nothing: no rToken is left, no deposit waits, no redemption is queued, no handover and no
// series is open. Its committee is dissolved; the vault's signers can still sweep what comes late (protocol §11).
func (h Hooks) Finished(ctx context.Context, id uint64) (bool, error) {
	contract, state, err := h.k.load(ctx, id)
	if err != nil || state.Handover != types.HANDOVER_STAGE_NONE {
		return false, err
	}
	if wants, err := h.k.wantsElection(ctx, contract, state); err != nil || wants {
		return false, err
	}
	if queued, err := h.k.queued(ctx, id); err != nil || queued {
		return false, err
	}
	iterator, err := h.k.openSeries.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint64](id))
	if err != nil {
		return false, err
	}
	return !iterator.Valid(), iterator.Close()
}

// stuck says whether the open handover began max_handover_eras ago or before.
func (k Keeper) stuck(ctx context.Context, state types.ContractState) (bool, error) {
	params, err := k.ssv.GetParams(ctx)
	if err != nil {
		return false, err
	}
	era, err := k.ssv.CurrentEra(ctx)
	return era.Number >= state.HandoverEra+params.MaxHandoverEras, err
}

func (k Keeper) demand(ctx context.Context, contract types.Contract, state types.ContractState) (ssvtypes.Demand, error) {
	tier, err := k.affordable(ctx, contract, state)
	if err != nil {
		return ssvtypes.Demand{}, err
	}
	return ssvtypes.Demand{
		Contract: contract.Id, ChainId: contract.ChainId, Size_: tier.Size_, Threshold: tier.Threshold, MinSize: contract.MinSize,
	}, nil
}

// AfterCommitteeSeated opens a handover to a committee that holds neither the active nor the next vault.
func (h Hooks) AfterCommitteeSeated(ctx context.Context, committee ssvtypes.Committee) error {
	return h.k.seat(ctx, committee)
}

// AfterEraStarted sets each contract's outflow cap, halts one whose handover is stuck, and closes vaults that were handed over long ago. A contract
// where that fails is undone, logged and tried again in the next blocks; it holds back no other.
func (h Hooks) AfterEraStarted(ctx context.Context, era ssvtypes.Era) error {
	ids, err := h.k.contractIDs(ctx)
	if err != nil {
		return err
	}
	params, err := h.k.ssv.GetParams(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		h.k.tryEraStart(ctx, types.EraStart{Contract: id, Era: era.Number}, params)
	}
	return nil
}

// checkStuck is the tripwire of protocol §11: a handover that did not finish in max_handover_eras stops deposits and payouts; it goes on itself. It
// counts from the first try, also while none is open: that nobody could take over must not go unnoticed because the try ended.
func (k Keeper) checkStuck(ctx context.Context, state *types.ContractState, era, maxEras uint64) {
	trying := state.HandoverEra != 0 && state.ActiveVault != 0
	if !trying || era < state.HandoverEra+maxEras || state.Halts.Deposits && state.Halts.Payouts {
		return
	}
	k.trip(ctx, state, types.Halts{Deposits: true, Payouts: true, Reason: fmt.Sprintf(
		"the handover of vault %d to vault %d began in era %d and is at %s in era %d",
		state.ActiveVault, state.PendingVault, state.HandoverEra, state.Handover, era,
	)})
}

// lookAgain schedules the RETIRING vaults for a sweep: what is worth one may have changed.
func (k Keeper) lookAgain(ctx context.Context, contract uint64) error {
	accounts, err := k.openAccounts(ctx, contract)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if a.vault.Status != multisigtypes.VAULT_STATUS_RETIRING {
			continue
		}
		if err := k.noteSweep(ctx, a); err != nil {
			return err
		}
	}
	return nil
}
