package keeper

import (
	"context"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"

	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// incomingAlive says whether a handover may go on: at least N of those who would hold everything next gave a sign of life within
// heartbeat_window (protocol §10). Where they did not, the silent ones give way to standbys that do; where those do not suffice, the handover
// is given up while nothing has moved, the contract keeps the committee that it has, and the next election draws another.
func (k Keeper) incomingAlive(ctx context.Context, w *work) (bool, error) {
	vault, err := k.multisig.Vault(ctx, w.state.PendingVault)
	if err != nil {
		return false, err
	}
	operators, err := k.members(ctx, vault.Id)
	if err != nil {
		return false, err
	}
	living := uint32(0)
	for _, operator := range operators {
		alive, err := k.ssv.Alive(ctx, operator)
		if err != nil {
			return false, err
		}
		if alive {
			living++
		}
	}
	if living >= vault.Threshold {
		return true, nil
	}
	reason := fmt.Sprintf("%d of the %d members of vault %d, which is next, give signs of life, wanted %d", living, vault.Size_, vault.Id, vault.Threshold)
	return false, k.replaceSilent(ctx, w, reason)
}

// replaceSilent seats the present committee with standbys for its silent members, or gives the handover up. The work's state is saved before and
// loaded after, for seating changes it.
func (k Keeper) replaceSilent(ctx context.Context, w *work, reason string) error {
	k.alarm(ctx, w.contract.Id, reason)
	if w.state.Handover == types.HANDOVER_STAGE_MOVE {
		k.enter(ctx, &w.state, types.HANDOVER_STAGE_DRAIN)
	}
	if err := k.setState(ctx, w.state); err != nil {
		return err
	}
	cache, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	var committee ssvtypes.Committee
	err := recovered(cache, func(ctx context.Context) (err error) {
		if committee, err = k.ssv.ReplaceSilent(ctx, w.contract.Id, reason); err != nil {
			return err
		}
		return k.seat(ctx, committee)
	})
	if err == nil {
		write()
	} else if err = k.giveUp(ctx, w, err); err != nil {
		return err
	}
	w.state, err = k.State(ctx, w.contract.Id)
	return err
}

// giveUp ends a handover of which nothing has moved. Since when the contract tries to hand over is kept, so that the tripwire for a handover that
// does not come about counts from the first try (protocol §11).
func (k Keeper) giveUp(ctx context.Context, w *work, why error) error {
	k.alarm(ctx, w.contract.Id, "no standbys for the silent members, the next election draws another committee: "+why.Error())
	if err := k.closePending(ctx, &w.state); err != nil {
		return err
	}
	return k.setState(ctx, w.state)
}
