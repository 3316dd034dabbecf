package keeper

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// stepEmergency is an emergency rotation, as events and logs name it.
const stepEmergency = "emergency of"

// maxEmergenciesPerBlock bounds the contracts whose members are replaced in one block.
const maxEmergenciesPerBlock = 100

// rotate replaces the members that are to give their seats to standbys, contract by contract, each isolated: one that fails is undone and
// tried again in the next block. It runs before the era moves on, so that an emergency belongs to the era in which it came up.
func (k Keeper) rotate(ctx context.Context, era uint64) {
	if !k.mayWait(ctx, choreEvictions) {
		return
	}
	contracts, err := k.endangered(ctx)
	if err != nil {
		k.logger(ctx).Error("evictions can't be read", "error", err)
		return
	}
	for _, contract := range contracts {
		_ = k.isolate(ctx, era, fmt.Sprintf("%s contract %d", stepEmergency, contract), func(ctx context.Context) error {
			return k.rotateContract(ctx, contract)
		})
	}
}

// endangered returns the contracts with members to be replaced, in order of id, without those whose next committee is elected and not
// seated yet: they wait for it.
func (k Keeper) endangered(ctx context.Context) ([]uint64, error) {
	var contracts []uint64
	waiting := false
	err := k.Evictions.Walk(ctx, nil, func(key collections.Pair[uint64, sdk.ValAddress], _ types.Eviction) (bool, error) {
		waiting = true
		last := len(contracts) - 1
		if last >= 0 && contracts[last] == key.K1() {
			return false, nil
		}
		changing, err := k.Elected.Has(ctx, key.K1())
		if err == nil && !changing {
			contracts = append(contracts, key.K1())
		}
		return err != nil || len(contracts) == maxEmergenciesPerBlock, err
	})
	if err == nil && !waiting {
		err = k.Chores.Remove(ctx, choreEvictions)
	}
	return contracts, err
}

// rotation is what becomes of a contract's evictions in a block.
type rotation struct {
	types.EventEmergency
	// news is false where evil members still wait for a standby, and nothing else happened.
	news bool
}

// rotateContract replaces all members of a contract that wait for it, in order of operator, by the next standbys in good standing that
// give signs of life; committee, vault and handover change once for all. Where no standby is left a member keeps its seat, for the
// threshold is never weakened, and new deposits close.
func (k Keeper) rotateContract(ctx context.Context, contract uint64) error {
	evictions, err := k.evictionsOf(ctx, contract)
	if err != nil {
		return err
	}
	committee, _, err := k.PresentCommittee(ctx, contract)
	if err != nil {
		return err
	}
	outcome := &rotation{EventEmergency: types.EventEmergency{Contract: contract, Era: committee.Era}}
	for _, eviction := range evictions {
		if committee, err = k.replace(ctx, committee, eviction, outcome); err != nil {
			return err
		}
	}
	if len(outcome.Replaced) > 0 {
		if err := k.reseat(ctx, committee, outcome.Replaced); err != nil {
			return err
		}
	}
	return k.concludeEmergency(ctx, outcome)
}

// replace gives one member's seat to a standby, where it has one still, and takes its eviction off the list; that of an evil member for
// whom there is no standby stays.
func (k Keeper) replace(
	ctx context.Context, committee types.Committee, eviction types.Eviction, outcome *rotation,
) (types.Committee, error) {
	operator, err := k.rawOperator(eviction.Operator)
	if err != nil {
		return committee, err
	}
	seat := committee.MemberIndex(eviction.Operator)
	if seat < 0 {
		return committee, k.Evictions.Remove(ctx, collections.Join(eviction.Contract, operator))
	}
	replaced, err := k.callLiveStandby(ctx, committee, seat, eviction.Reason)
	switch {
	case errors.Is(err, types.ErrNoStandby):
		k.logger(ctx).Error("a member keeps its seat for want of a standby", "operator", eviction.Operator, "error", err)
		outcome.Stuck = append(outcome.Stuck, eviction.Operator)
		if eviction.Evil {
			return committee, nil
		}
		outcome.news = true
		return committee, k.Evictions.Remove(ctx, collections.Join(eviction.Contract, operator))
	case err != nil:
		return committee, err
	}
	outcome.Replaced, outcome.news = append(outcome.Replaced, eviction.Operator), true
	if err := k.expel(ctx, operator, eviction.Operator); err != nil {
		return replaced, err
	}
	return replaced, k.Evictions.Remove(ctx, collections.Join(eviction.Contract, operator))
}

// callLiveStandby calls the first standby that gives signs of life, in the place of a seat's member. One that is silent itself stays on the
// list: it may be back when the next is called.
func (k Keeper) callLiveStandby(ctx context.Context, committee types.Committee, seat int, reason string) (types.Committee, error) {
	lively := committee
	lively.Standbys = nil
	silent := 0
	for _, standby := range committee.Standbys {
		alive, err := k.alive(ctx, standby.Operator)
		if err != nil {
			return committee, err
		}
		if !alive {
			silent++
			continue
		}
		lively.Standbys = append(lively.Standbys, standby)
	}
	called, err := k.callStandby(ctx, lively, seat, reason)
	if err != nil {
		return committee, errorsmod.Wrapf(err, "%d more standbys are silent", silent)
	}
	called.Standbys = committee.WithoutStandby(called.Members[seat].Operator).Standbys
	return called, nil
}

// expel bans a member that lost its seat from the next election, and settles its heartbeats up to now: at the era's end it serves no more.
// It owes its vault's handover and sweeps as before, and what it missed settles under protocol §§12 and 13.
func (k Keeper) expel(ctx context.Context, operator sdk.ValAddress, text string) error {
	era, err := k.CurrentEra(ctx)
	if err != nil {
		return err
	}
	account, err := k.heartbeatsOf(ctx, era, sdk.UnwrapSDKContext(ctx).BlockHeight(), operator)
	if err != nil {
		return err
	}
	if err := k.HeartbeatAccounts.Set(ctx, collections.Join(era.Number, operator), account); err != nil {
		return err
	}
	return k.Ban(ctx, text)
}

// reseat makes a committee with new members its contract's present one, which opens the handover to it.
func (k Keeper) reseat(ctx context.Context, committee types.Committee, replaced []string) error {
	reason := "replaced in an emergency: " + strings.Join(replaced, ", ")
	committee.Reason = joinReasons(committee.Reason, reason)
	if err := k.setCommittee(ctx, committee); err != nil {
		return err
	}
	k.emit(ctx, &types.EventCommitteeSeated{Contract: committee.Contract, Era: committee.Era, Origin: committee.Origin, Reason: reason})
	return k.hooks.AfterCommitteeSeated(ctx, committee)
}

// concludeEmergency says what became of it, and tells the contract where no standby was left.
func (k Keeper) concludeEmergency(ctx context.Context, outcome *rotation) error {
	if outcome.news {
		k.emit(ctx, &outcome.EventEmergency)
	}
	if len(outcome.Stuck) == 0 {
		return nil
	}
	return k.hooks.AfterVaultTested(ctx, outcome.Contract, "no standby can be called for "+strings.Join(outcome.Stuck, ", "))
}
