package keeper

import (
	"context"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// AfterVaultTested closes a contract's new deposits where its ACTIVE vault is in trouble: N members did not sign a session, so that nobody
// can be installed, or no standby is left for one that must go (protocol §11). They open again by themselves as soon as a session shows the
// vault sound, or another vault is ACTIVE: an emergency, unlike a halt, ends with what shows that it is over.
func (h Hooks) AfterVaultTested(ctx context.Context, contract uint64, trouble string) error {
	state, err := h.k.State(ctx, contract)
	if err != nil || state.Emergency == trouble {
		return err
	}
	h.k.setEmergency(ctx, &state, trouble)
	if err := h.k.wake(ctx, contract); err != nil {
		return err
	}
	return h.k.setState(ctx, state)
}

// setEmergency sets or ends a contract's emergency and says so; the caller saves the state.
func (k Keeper) setEmergency(ctx context.Context, state *types.ContractState, trouble string) {
	if state.Emergency == trouble {
		return
	}
	state.Emergency = trouble
	k.emit(ctx, &types.EventEmergency{Contract: state.Contract, Reason: trouble})
	if trouble != "" {
		k.alarm(ctx, state.Contract, "new deposits are closed: "+trouble)
	}
}
